import { roundUp } from '../base/sizes.js';
import { crc32c } from '../format/crc32c.js';
import {
  FIRST_TABLE,
  NAME,
  NAME_MAX,
  RECORD,
  REGION_MAX,
  RecordKind,
  TABLE_SLOT,
  TABLE_SLOTS_MIN,
} from '../format/layout.js';
import { decodeRecord, encodeRecord, type Mark, type TableRecord, unusedRecord } from '../format/record.js';
import type { Extent, Medium } from '../media/medium.js';
import { corrupt, type Problem } from './problem.js';
import type { Steps } from './steps.js';
import { load, store } from './storage.js';
import { type CopyIndex, chooseCopy } from './twice.js';

const RECORD_WORDS = RECORD.size / 4;

/** Where a run of slots lies: all first copies, all second copies, all names. Positions count within the extent. */
interface TableArea {
  extent: Extent;
  slots: number;
  firstCopies: number;
  secondCopies: number;
  names: number;
}

/** A line of the region table, in memory. */
export interface TableSlot {
  readonly area: TableArea;
  readonly index: number;
  record: TableRecord;
  /** The mark of the other copy, where an interrupted checkpoint left it behind. */
  olderMark: Mark | undefined;
  /** Only of regions that have one. */
  name: string | undefined;
}

/** The part of a stream that regions and table extents may take: [start, end), in multiples of `blockSize`. */
export interface DataArea {
  start: number;
  end: number;
  blockSize: number;
}

/** The region table: slots in the header pages and in further extents. */
export class Table {
  /** Slots in use. */
  readonly used = new Set<TableSlot>();
  readonly problems: Problem[] = [];
  /** Slots whose two copies differ, and which of them does not count. */
  readonly #uneven: { slot: TableSlot; stale: CopyIndex }[] = [];
  /** How many slots have one damaged copy. */
  damagedCopies = 0;
  readonly #medium: Medium;
  readonly #data: DataArea;
  readonly #seed: number;
  /** A record that was never used, as it stands in a slot. */
  readonly #unused: Uint32Array;
  readonly #areas: TableArea[] = [];
  readonly #free: TableSlot[] = [];
  #nextId = 1;

  /**
   * @param prefix the extent of header pages and first table
   * @param seed the stream's
   */
  constructor(medium: Medium, prefix: Extent, data: DataArea, seed: number) {
    this.#medium = medium;
    this.#data = data;
    this.#seed = seed;
    this.#unused = wordsOf(encodeRecord(unusedRecord(), seed).slice());
    this.#areas.push({ extent: prefix, ...FIRST_TABLE });
  }

  /** Free slots left. */
  get vacancies(): number {
    return this.#free.length;
  }

  /** The id given out last; 0 if none was. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  /** The next region's id. Ids are never used again. */
  takeId(): number {
    return this.#nextId++;
  }

  /** Writes the empty first table of a new stream; durable with the next drain. */
  create(): void {
    this.#clearArea(this.#areas[0] as TableArea);
  }

  /** Reads all slots. What cannot be read stands in `problems`. */
  readAll(): void {
    for (let i = 0; i < this.#areas.length; i++) this.#readArea(this.#areas[i] as TableArea);
    this.#free.reverse();
  }

  /** A free slot, taken. Must not be called without vacancies. */
  takeSlot(): TableSlot {
    return this.#free.pop() as TableSlot;
  }

  /** Gives a slot back whose record says `free`. */
  giveSlot(slot: TableSlot): void {
    this.#free.push(slot);
  }

  /** Stores a name beside a slot. It is durable before the record that speaks of it is stored. */
  *saveName(slot: TableSlot, name: string | undefined): Steps<void> {
    const bytes = new TextEncoder().encode(name ?? '');
    slot.name = name;
    slot.record.nameLength = bytes.length;
    slot.record.nameChecksum = crc32c(this.#seed, bytes);
    if (bytes.length === 0) return;
    store(slot.area.extent, slot.area.names + slot.index * NAME, bytes);
    yield 'drain';
  }

  /** Writes the records of slots in two steps; after the first drain the change has happened, after the second it is safe from damage. */
  *save(slots: readonly TableSlot[]): Steps<void> {
    this.storeFirst(slots);
    yield 'drain';
    this.storeSecond(slots);
    yield 'drain';
  }

  /** The first step of `save`, for callers who have more to drain along with it. */
  storeFirst(slots: readonly TableSlot[]): void {
    for (const slot of slots) {
      slot.record.sequence++;
      this.#store(slot, slot.area.firstCopies);
    }
  }

  /** The second step of `save`. */
  storeSecond(slots: readonly TableSlot[]): void {
    for (const slot of slots) this.#store(slot, slot.area.secondCopies);
  }

  /** Gives all of the table, and of the pages that its first part lies in, to the next drain: as it was read. */
  flushAll(): void {
    for (const { extent } of this.#areas) extent.flush(0, extent.length);
  }

  /** What the medium says of a slot now, where another process may have changed it; undefined if nothing can be read. */
  current({ area, index }: TableSlot): TableRecord | undefined {
    area.extent.rewind();
    const [first, second] = [area.firstCopies, area.secondCopies].map((copies) =>
      decodeRecord(load(area.extent, copies + index * RECORD.size, RECORD.size), this.#seed),
    );
    return chooseCopy(first, second).value;
  }

  /** True if some slot's copies differ. */
  get uneven(): boolean {
    return this.#uneven.length > 0;
  }

  /**
   * Makes both copies of each slot the one that counts; durable with the next drain. Whatever is written afterwards may be cut at
   * any word: without this, what counts could be overwritten while the other copy is no good.
   *
   * @param clean whether the stream's state is clean. If not, an older mark stays: the older state may need it.
   * @returns the slots left as they are, to be written in both copies with new marks
   */
  evenOut(clean: boolean): TableSlot[] {
    const left: TableSlot[] = [];
    for (const { slot, stale } of this.#uneven) {
      if (!clean && slot.olderMark !== undefined) left.push(slot);
      else this.#store(slot, stale === 0 ? slot.area.firstCopies : slot.area.secondCopies);
    }
    return left;
  }

  /** Bytes that the next table extent takes: twice the last one's, at least. */
  get nextExtent(): number {
    const slots = Math.max(TABLE_SLOTS_MIN, 2 * (this.#areas.at(-1) as TableArea).slots);
    return roundUp(slots * TABLE_SLOT, this.#data.blockSize);
  }

  /** Adds a table extent in [offset, offset + length), which must be free space. It takes one slot. */
  *grow(offset: number, length: number): Steps<void> {
    const slot = this.takeSlot();
    const area = this.#open(offset, length);
    this.#clearArea(area);
    yield 'drain';
    slot.record = {
      ...unusedRecord(),
      sequence: slot.record.sequence,
      kind: RecordKind.table,
      offset,
      length,
    };
    yield* this.save([slot]);
    this.used.add(slot);
    this.#areas.push(area);
    for (let i = area.slots - 1; i >= 0; i--) {
      this.#free.push({ area, index: i, record: unusedRecord(), olderMark: undefined, name: undefined });
    }
  }

  #open(offset: number, length: number): TableArea {
    const slots = Math.floor(length / TABLE_SLOT);
    return {
      extent: this.#medium.open(offset, length, 'random'),
      slots,
      firstCopies: 0,
      secondCopies: slots * RECORD.size,
      names: 2 * slots * RECORD.size,
    };
  }

  #clearArea(area: TableArea): void {
    const copies = new Uint32Array(area.slots * RECORD_WORDS);
    for (let i = 0; i < area.slots; i++) copies.set(this.#unused, i * RECORD_WORDS);
    const bytes = new Uint8Array(copies.buffer);
    store(area.extent, area.firstCopies, bytes);
    store(area.extent, area.secondCopies, bytes);
  }

  #readArea(area: TableArea): void {
    const firsts = this.#copiesIn(area, area.firstCopies);
    const seconds = this.#copiesIn(area, area.secondCopies);
    for (let index = 0; index < area.slots; index++) {
      const at = index * RECORD_WORDS;
      const first = this.#recordAt(firsts, at);
      const second = sameRecord(firsts, seconds, at, at) ? first : this.#recordAt(seconds, at);
      const { value, stale, damaged } = chooseCopy(first, second);
      if (value === undefined) {
        this.problems.push(corrupt(`Both copies of slot ${index} of the region table are damaged`));
        continue;
      }
      if (damaged) this.damagedCopies++;
      const slot: TableSlot = {
        area,
        index,
        record: value,
        olderMark: olderMark(first, second),
        name: undefined,
      };
      if (stale !== undefined) this.#uneven.push({ slot, stale });
      this.#enter(slot);
    }
  }

  #copiesIn({ extent, slots }: TableArea, position: number): Uint32Array {
    return wordsOf(load(extent, position, slots * RECORD.size));
  }

  /** Most slots were never used: that is seen at once, where a checksum takes its time. */
  #recordAt(copies: Uint32Array, at: number): TableRecord | undefined {
    if (sameRecord(copies, this.#unused, at, 0)) return unusedRecord();
    const bytes = new Uint8Array(copies.buffer, copies.byteOffset + 4 * at, RECORD.size);
    return decodeRecord(bytes, this.#seed);
  }

  #enter(slot: TableSlot): void {
    const { kind, id } = slot.record;
    this.#nextId = Math.max(this.#nextId, id + 1);
    if (kind === RecordKind.free) {
      this.#free.push(slot);
      return;
    }
    if (!this.#liesInData(slot.record)) {
      this.problems.push(corrupt(`The region table says that something lies outside of the stream's data`));
      return;
    }
    if (kind === RecordKind.table) this.#areas.push(this.#open(slot.record.offset, slot.record.length));
    else this.#readName(slot);
    this.used.add(slot);
  }

  /** Also false for whatever overlaps another table extent, so that a hostile table cannot lead round in circles. */
  #liesInData({ kind, offset, length }: TableRecord): boolean {
    const { start, end, blockSize } = this.#data;
    const lies = offset >= start && length > 0 && offset + length <= end;
    if (!lies || offset % blockSize !== 0 || length % blockSize !== 0) return false;
    if (kind !== RecordKind.table) return length <= REGION_MAX;
    const others = [...this.used].filter((slot) => slot.record.kind === RecordKind.table);
    return others.every(
      ({ record }) => offset + length <= record.offset || record.offset + record.length <= offset,
    );
  }

  #readName(slot: TableSlot): void {
    const { nameLength, nameChecksum, id } = slot.record;
    if (nameLength === 0) return;
    const bytes = load(slot.area.extent, slot.area.names + slot.index * NAME, Math.min(nameLength, NAME_MAX));
    if (nameLength > NAME_MAX || crc32c(this.#seed, bytes) !== nameChecksum) {
      this.problems.push(corrupt(`The name of region ${id} is damaged`, { region: id }));
      return;
    }
    slot.name = new TextDecoder().decode(bytes);
  }

  #store(slot: TableSlot, copies: number): void {
    store(slot.area.extent, copies + slot.index * RECORD.size, encodeRecord(slot.record, this.#seed));
  }
}

/** Bytes of slots lie at multiples of 8. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function sameRecord(one: Uint32Array, other: Uint32Array, at: number, otherAt: number): boolean {
  for (let i = 0; i < RECORD_WORDS; i++) if (one[at + i] !== other[otherAt + i]) return false;
  return true;
}

/** The lower one of two marks of the same life of a region, where the copies differ in nothing else that matters. */
function olderMark(first: TableRecord | undefined, second: TableRecord | undefined): Mark | undefined {
  if (first === undefined || second === undefined) return undefined;
  if (first.id !== second.id || first.clears !== second.clears || first.kind !== second.kind)
    return undefined;
  if (first.mark.tail === second.mark.tail) return undefined;
  return first.mark.tail < second.mark.tail ? first.mark : second.mark;
}
