import { crc32cAligned, crc32cWord } from './crc32c.js';
import { formOf } from './entry.js';
import { ENTRY, Form } from './layout.js';

/** Levels of `SHIFTS`: more than a range can have bits of double words. */
const LEVELS = 30;

/**
 * What becomes of a register by 2^level times eight zero bytes, by its four bytes: the register is linear, so that its parts may be
 * looked up apart. Made when first needed.
 */
let shifts: readonly Uint32Array[] | undefined;

function makeShifts(): Uint32Array[] {
  const zeroes = new Uint32Array(2);
  const tables = [tableOf((register) => crc32cAligned(register, zeroes, 0, 8))];
  while (tables.length < LEVELS) {
    const last = tables.at(-1) as Uint32Array;
    tables.push(tableOf((register) => lookUp(last, lookUp(last, register))));
  }
  return tables;
}

function tableOf(shift: (register: number) => number): Uint32Array {
  const table = new Uint32Array(4 * 256);
  for (let bit = 0; bit < 32; bit++) {
    const place = (bit >>> 3) * 256;
    const step = 1 << (bit & 7);
    const image = shift((1 << bit) >>> 0);
    for (let low = 0; low < step; low++)
      table[place + step + low] = (image ^ (table[place + low] as number)) >>> 0;
  }
  return table;
}

function lookUp(table: Uint32Array, register: number): number {
  return (
    ((table[register & 255] as number) ^
      (table[256 + ((register >>> 8) & 255)] as number) ^
      (table[512 + ((register >>> 16) & 255)] as number) ^
      (table[768 + (register >>> 24)] as number)) >>>
    0
  );
}

/** The register after `count` times eight zero bytes. */
function shifted(register: number, count: number): number {
  shifts ??= makeShifts();
  let result = register;
  for (let level = 0, left = count; left > 0; level++, left >>>= 1) {
    if ((left & 1) !== 0) result = lookUp(shifts[level] as Uint32Array, result);
  }
  return result;
}

/**
 * Checksums of any ranges within a run of bytes, each in nearly no time however long it is: for those who have to try many
 * overlapping ones. One pass over the run is made in advance.
 */
export class CrcRanges {
  readonly #words: Uint32Array;
  readonly #from: number;
  /** The register, started at 0, after each eight bytes. */
  readonly #registers: Uint32Array;

  /**
   * @param words memory that holds the run
   * @param from index of its first word, even
   * @param to index behind its last word
   */
  constructor(words: Uint32Array, from: number, to: number) {
    this.#words = words;
    this.#from = from;
    this.#registers = new Uint32Array((to - from) / 2 + 1);
    let register = 0;
    for (let i = 1; i < this.#registers.length; i++) {
      register = crc32cAligned(register, words, from + 2 * (i - 1), 8);
      this.#registers[i] = register;
    }
  }

  /** As `crc32cAligned`, for bytes within the run that begin at an even word. */
  crc(register: number, word: number, length: number): number {
    const first = (word - this.#from) / 2;
    const count = Math.floor(length / 8);
    const before = (register ^ (this.#registers[first] as number)) >>> 0;
    const whole = (shifted(before, count) ^ (this.#registers[first + count] as number)) >>> 0;
    return crc32cAligned(whole, this.#words, word + 2 * count, length % 8);
  }

  /** As `checksumAt`, for an entry within the run. */
  checksumAt(at: number, seed: number): number {
    const words = this.#words;
    const length = words[at] as number;
    const high = words[at + ENTRY.highWord] as number;
    let crc = this.crc(seed, at + ENTRY.header / 4, formOf(high) === Form.filler ? 0 : length);
    crc = crc32cWord(crc, length);
    crc = crc32cWord(crc, words[at + ENTRY.lowWord] as number);
    return crc32cWord(crc, high);
  }
}
