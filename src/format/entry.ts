import { crc32cAligned, crc32cWord } from './crc32c.js';
import {
  ENTRY,
  FORM_MASK,
  FORM_SHIFT,
  Form,
  GAP,
  LAG_SHIFT,
  LAG_UNKNOWN,
  PART_GOES_ON,
  PART_LAG_UNKNOWN,
  TIMESTAMP_HIGH_MASK,
} from './layout.js';

/** Constants of this module: the compiler knows their values, and loads imported ones anew each time. */
const { header: HEADER, lowWord: LOW, highWord: HIGH } = ENTRY;
const MASK = FORM_MASK;
const TIMESTAMP_HIGH = TIMESTAMP_HIGH_MASK;
const ENTRY_AND_GAP = Form.entryAndGap;

/** What the exponent of a lag multiplies by: looked up, as computing a power takes several times as long, and appends that wait for one sync need many. */
const POWERS = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (exponent - 1));

/** Bytes from an entry's beginning to that of the next one, for a payload of `length` bytes and no gap. */
export function strideOf(length: number): number {
  return HEADER + length + (-length & 7);
}

/** The form in the last word of an entry's header. */
export function formOf(high: number): number {
  return (high & MASK) >>> FORM_SHIFT;
}

/** Bytes from the beginning of the entry or filler whose header stands at word `at` to that of the next one. */
export function strideAt(words: Uint32Array, at: number): number {
  const length = words[at] as number;
  const form = formOf(words[at + HIGH] as number);
  return strideOf(length) + (form === ENTRY_AND_GAP ? GAP : 0);
}

/** The timestamp of the entry whose header stands at word `at`. */
export function timestampAt(words: Uint32Array, at: number): number {
  const low = words[at + LOW] as number;
  const high = (words[at + HIGH] as number) & TIMESTAMP_HIGH;
  // Small ones stay integers, as in words.ts; written out, since all readers come here for each entry.
  return high === 0 ? low : low + high * 2 ** 32;
}

/** Everything up to this timestamp was persisted when the entry at word `at` was committed; 0 if it says nothing. */
export function certifiedAt(words: Uint32Array, at: number): number {
  const high = words[at + HIGH] as number;
  const code = high >>> LAG_SHIFT;
  if (formOf(high) === Form.part && code >= PART_LAG_UNKNOWN) return 0;
  return Math.max(0, timestampAt(words, at) - 1 - decodeLag(code));
}

/** True if a header with that last word is of a transaction that goes on with the next timestamp. */
export function goesOn(high: number): boolean {
  return formOf(high) === Form.part && high >>> LAG_SHIFT >= PART_GOES_ON;
}

/** The last word of the header of a part of a transaction, but for its last part. */
export function partWord(timestamp: number): number {
  return highWord(timestamp, Form.part, LAG_UNKNOWN);
}

/** The last word of the header of a transaction's last part. */
export function lastPartWord(timestamp: number, lag: number): number {
  return highWord(timestamp, Form.part, Math.min(encodeLag(lag), PART_LAG_UNKNOWN));
}

/** The last word of a header. */
export function highWord(timestamp: number, form: number, lagCode: number): number {
  return (Math.floor(timestamp / 2 ** 32) | (form << FORM_SHIFT) | (lagCode << LAG_SHIFT)) >>> 0;
}

/** The least code whose lag is not below `lag`: rounded up, so that an entry never certifies too much. */
export function encodeLag(lag: number): number {
  if (lag < 16) return lag;
  let mantissa = lag;
  let exponent = 1;
  while (mantissa >= 32) {
    mantissa = Math.ceil(mantissa / 2);
    exponent++;
  }
  const code = (exponent << 4) | (mantissa - 16);
  return exponent > 31 || code >= LAG_UNKNOWN ? LAG_UNKNOWN : code;
}

/** The lag that a code stands for; infinite for the code that says nothing. */
export function decodeLag(code: number): number {
  if (code === LAG_UNKNOWN) return Number.POSITIVE_INFINITY;
  const exponent = code >>> 4;
  const mantissa = code & 15;
  return exponent === 0 ? mantissa : (16 + mantissa) * (POWERS[exponent] as number);
}

/** The checksum that belongs to the entry or filler whose header stands at word `at`, with its payload behind it. */
export function checksumAt(words: Uint32Array, at: number, seed: number): number {
  const length = words[at] as number;
  const low = words[at + LOW] as number;
  const high = words[at + HIGH] as number;
  const payload = formOf(high) === Form.filler ? 0 : length;
  let crc = crc32cAligned(seed, words, at + HEADER / 4, payload);
  crc = crc32cWord(crc, length);
  crc = crc32cWord(crc, low);
  return crc32cWord(crc, high);
}
