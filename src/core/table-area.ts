import { crc32c, crc32cAligned } from '../format/crc32c.js';
import { FIRST_TABLE, NAME, NAME_MAX, RECORD, TABLE_SLOT } from '../format/layout.js';
import { decodeRecord, encodeRecord, type TableRecord, unusedRecord } from '../format/record.js';
import type { Extent } from '../media/medium.js';
import { load, store } from './storage.js';
import type { CopyIndex } from './twice.js';

const RECORD_WORDS = RECORD.size / 4;

/** So many slots are compared at once. */
const AT_ONCE = 64;

/** What all slots say that were never used. Not to be changed, like every record of a slot that is free. */
const UNUSED = unusedRecord();

/** The only memory of names on their way from the medium. */
const COPY = inForms(new Uint8Array(NAME));

/** Where a run of slots lies: all first copies, all second copies, all names. Positions count within the extent. */
export interface TableArea {
  readonly extent: Extent;
  /** Within the stream, in bytes. */
  readonly offset: number;
  readonly slots: number;
  readonly firstCopies: number;
  readonly secondCopies: number;
  readonly names: number;
}

/** Both copies of a slot's record; undefined where one is not whole. */
export interface RecordCopies {
  readonly first: TableRecord | undefined;
  readonly second: TableRecord | undefined;
}

/** All copies of the records of an area, as they are in memory. */
export interface TableCopies {
  readonly firsts: Uint32Array;
  readonly seconds: Uint32Array;
}

/** The part of the table that lies in the pages of the header. */
export function firstArea(extent: Extent): TableArea {
  return { extent, offset: 0, ...FIRST_TABLE };
}

/** The part of the table that an extent of its own holds, at `offset` of the stream. */
export function furtherArea(extent: Extent, offset: number): TableArea {
  const slots = Math.floor(extent.length / TABLE_SLOT);
  return {
    extent,
    offset,
    slots,
    firstCopies: 0,
    secondCopies: slots * RECORD.size,
    names: 2 * slots * RECORD.size,
  };
}

/** Reads and writes slots, with the checksums of one stream. */
export class SlotCodec {
  readonly #seed: number;
  /** A record that was never used, as it stands in a slot. */
  readonly #unused: Uint32Array;
  /** Many of them. */
  #manyUnused: Uint32Array | undefined;

  /** @param seed the stream's */
  constructor(seed: number) {
    this.#seed = seed;
    this.#unused = wordsOf(encodeRecord(unusedRecord(), seed, 0).slice());
  }

  /** Stores slots that were never used; durable with the next drain. */
  clear({ extent, slots, firstCopies, secondCopies }: TableArea): void {
    const bytes = new Uint8Array(this.#unusedRecords(slots).buffer);
    store(extent, firstCopies, bytes);
    store(extent, secondCopies, bytes);
  }

  /** The copies of all records of an area. */
  copies({ extent, slots, firstCopies, secondCopies }: TableArea): TableCopies {
    return {
      firsts: wordsOf(load(extent, firstCopies, slots * RECORD.size)),
      seconds: wordsOf(load(extent, secondCopies, slots * RECORD.size)),
    };
  }

  /** What the two copies of each slot say, one slot after the other. Decoded from copies of their own: another process may store to them meanwhile. */
  decodeAll(area: TableArea, take: (index: number, copies: RecordCopies) => void): void {
    const { firsts, seconds } = this.copies(area);
    for (let from = 0; from < area.slots; from += AT_ONCE) {
      const to = Math.min(from + AT_ONCE, area.slots);
      const some = {
        firsts: firsts.slice(from * RECORD_WORDS, to * RECORD_WORDS),
        seconds: seconds.slice(from * RECORD_WORDS, to * RECORD_WORDS),
      };
      const same = isSame(some.firsts, some.seconds);
      const unused = same && this.#areUnused(some.firsts);
      for (let index = from; index < to; index++) {
        const at = (index - from) * RECORD_WORDS;
        if (!same) {
          take(index, this.#copiesAt(area, index, some, at));
          continue;
        }
        const record = unused ? UNUSED : this.#recordAt(some.firsts, at, placeOf(area, index));
        take(index, { first: record, second: record });
      }
    }
  }

  /** True for as many slots as are looked at at once that were never used. */
  #areUnused(copies: Uint32Array): boolean {
    if (copies.length < AT_ONCE * RECORD_WORDS) return false;
    this.#manyUnused ??= this.#unusedRecords(AT_ONCE);
    return isSame(copies, this.#manyUnused);
  }

  #unusedRecords(count: number): Uint32Array {
    const records = new Uint32Array(count * RECORD_WORDS);
    for (let i = 0; i < count; i++) records.set(this.#unused, i * RECORD_WORDS);
    return records;
  }

  /** What the two copies of a slot say. */
  decode(area: TableArea, index: number, copies: TableCopies): RecordCopies {
    return this.#copiesAt(area, index, copies, index * RECORD_WORDS);
  }

  #copiesAt(area: TableArea, index: number, { firsts, seconds }: TableCopies, at: number): RecordCopies {
    const place = placeOf(area, index);
    const first = this.#recordAt(firsts, at, place);
    const same = isSameRecord(firsts, at, seconds, at);
    return { first, second: same ? first : this.#recordAt(seconds, at, place) };
  }

  /** The words of a slot's first copy, as they are in memory. */
  wordsOf({ extent, firstCopies }: TableArea, index: number): Uint32Array {
    return wordsOf(load(extent, firstCopies + index * RECORD.size, RECORD.size));
  }

  /** Stores one copy of a record; durable with the next drain. */
  store(area: TableArea, copies: number, index: number, record: TableRecord): void {
    const bytes = encodeRecord(record, this.#seed, placeOf(area, index));
    store(area.extent, copies + index * RECORD.size, bytes);
  }

  /**
   * Makes a stale copy what the other one is, byte for byte; durable with the next drain. Encoded anew a record may have words that
   * neither copy has, its place above all: those could be what a torn copy lacks to be whole.
   */
  copyOver({ extent, firstCopies, secondCopies }: TableArea, index: number, stale: CopyIndex): void {
    const [from, to] = stale === 0 ? [secondCopies, firstCopies] : [firstCopies, secondCopies];
    const at = index * RECORD.size;
    store(extent, to + at, load(extent, from + at, RECORD.size).slice());
  }

  /** Stores a name beside a slot; durable with the next drain. Returns what the record must say of it. */
  storeName({ extent, names }: TableArea, index: number, name: string): { length: number; checksum: number } {
    const bytes = new TextEncoder().encode(name);
    if (bytes.length > 0) store(extent, names + index * NAME, bytes);
    return { length: bytes.length, checksum: crc32c(this.#seed, bytes) };
  }

  /** The name beside a slot, as its record says there is one; undefined if it is damaged. */
  readName({ extent, names }: TableArea, index: number, record: TableRecord): string | undefined {
    const { nameLength, nameChecksum } = record;
    if (nameLength > NAME_MAX) return undefined;
    const position = names + index * NAME;
    const { bytes, start } = extent.read(position, nameLength, extent.length);
    // A copy: another process may store to it between two looks.
    const isPlain = copyName(bytes, position - start, nameLength);
    if (crc32cAligned(this.#seed, COPY.words, 0, nameLength) !== nameChecksum) return undefined;
    return isPlain
      ? COPY.text.toString('latin1', 0, nameLength)
      : decodeName(COPY.bytes.subarray(0, nameLength));
  }

  /** Most slots were never used: that is seen at once, where a checksum takes its time. */
  #recordAt(copies: Uint32Array, at: number, place: number): TableRecord | undefined {
    if (isSameRecord(copies, at, this.#unused, 0)) return UNUSED;
    const bytes = new Uint8Array(copies.buffer, copies.byteOffset + 4 * at, RECORD.size);
    return decodeRecord(bytes, this.#seed, place);
  }
}

/** What tells a slot from all others: where its name stands in the stream. */
function placeOf({ offset, names }: TableArea, index: number): number {
  return offset + names + index * NAME;
}

/** The bytes of a name are to come back as they are, a byte order mark too. */
const NAMES = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Undefined if they are no text. */
function decodeName(bytes: Uint8Array): string | undefined {
  try {
    return NAMES.decode(bytes);
  } catch {
    return undefined;
  }
}

function inForms(bytes: Uint8Array): { bytes: Uint8Array; words: Uint32Array; text: Buffer } {
  return { bytes, words: wordsOf(bytes), text: Buffer.from(bytes.buffer) };
}

/** Bytes of slots lie at multiples of 8. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

/** True if there is the same in both: that is told fast. */
export function isSame(one: Uint32Array, other: Uint32Array): boolean {
  return Buffer.compare(bytesOf(one), bytesOf(other)) === 0;
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Takes a name over; true if it has nothing but ASCII. */
function copyName(from: Uint8Array, at: number, length: number): boolean {
  const { bytes } = COPY;
  let all = 0;
  for (let i = 0; i < length; i++) {
    const byte = from[at + i] as number;
    bytes[i] = byte;
    all |= byte;
  }
  return all < 128;
}

function isSameRecord(one: Uint32Array, at: number, other: Uint32Array, otherAt: number): boolean {
  for (let i = 0; i < RECORD_WORDS; i++) if (one[at + i] !== other[otherAt + i]) return false;
  return true;
}
