import { roundUp } from '../base/sizes.js';
import { REGION_MAX, RecordKind, TABLE_EXTENT_MAX, TABLE_SLOT, TABLE_SLOTS_MIN } from '../format/layout.js';
import { type Mark, type TableRecord, unusedRecord } from '../format/record.js';
import type { StreamState } from '../format/state.js';
import type { Extent, Medium } from '../media/medium.js';
import { beforeAnyMark, isSameLife, lacksOlderMark, olderMark } from './older-mark.js';
import { corrupt, type Problem } from './problem.js';
import { RecordWatch } from './record-watch.js';
import { isCountable } from './soundness.js';
import type { Steps } from './steps.js';
import { firstArea, furtherArea, SlotCodec, type TableArea } from './table-area.js';
import { type CopyIndex, chooseCopy } from './twice.js';

/** A line of the region table, in memory. */
export interface TableSlot {
  readonly area: TableArea;
  readonly index: number;
  record: TableRecord;
  /** The mark of the other copy, where an interrupted checkpoint left it behind. */
  olderMark: Mark | undefined;
  /** True if the other copy is damaged or of another life: it may have held an older mark. */
  readonly lone: boolean;
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
  readonly #codec: SlotCodec;
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
    this.#codec = new SlotCodec(seed);
    this.#areas.push(firstArea(prefix));
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
    this.#codec.clear(this.#areas[0] as TableArea);
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
    const { length, checksum } = this.#codec.storeName(slot.area, slot.index, name ?? '');
    slot.name = name;
    slot.record.nameLength = length;
    slot.record.nameChecksum = checksum;
    if (length > 0) yield 'drain';
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
    const { first, second } = this.#codec.read(area, index);
    return chooseCopy(first, second).value;
  }

  /** Watches the record of a slot in use, where another process may change it. */
  watch({ area, index, record }: TableSlot): RecordWatch {
    return new RecordWatch(this.#codec.wordsOf(area, index), record);
  }

  /** True if some slot's copies differ. */
  get uneven(): boolean {
    return this.#uneven.length > 0;
  }

  /**
   * Makes both copies of each slot the one that counts; durable with the next drain. Whatever is written afterwards may be cut at
   * any word: without this, what counts could be overwritten while the other copy is no good.
   *
   * @param state the stream's. If it is not clean, an older mark stays, or is made where one was lost: the older state may need it.
   * @returns the slots that have an older mark, to be written in both copies with new marks
   */
  evenOut(state: StreamState): TableSlot[] {
    const left: TableSlot[] = [];
    for (const { slot, stale } of this.#uneven) {
      const { area, index, record } = slot;
      const lost = lacksOlderMark(slot, state);
      if (lost) this.#codec.store(area, copiesOf(area, stale), index, beforeAnyMark(record));
      if (lost || (!state.clean && slot.olderMark !== undefined)) left.push(slot);
      else this.#codec.copyOver(area, index, stale);
    }
    return left;
  }

  /** Bytes that the next table extent takes: twice the largest one's. Undefined if there can be none any more. */
  get nextExtent(): number | undefined {
    const largest = Math.max(0, ...this.#areas.slice(1).map(({ extent }) => extent.length));
    const next = Math.max(this.#leastExtent, 2 * largest);
    return this.#isExtentLength(next) ? next : undefined;
  }

  get #leastExtent(): number {
    return roundUp(TABLE_SLOTS_MIN * TABLE_SLOT, this.#data.blockSize);
  }

  /** There is one extent of each length at most: a forged table cannot make an opening long. */
  #isExtentLength(length: number): boolean {
    const doublings = Math.log2(length / this.#leastExtent);
    return doublings === 0 || (Number.isInteger(doublings) && doublings > 0 && length <= TABLE_EXTENT_MAX);
  }

  /** Adds a table extent in [offset, offset + length), which must be free space. It takes one slot. */
  *grow(offset: number, length: number): Steps<void> {
    const slot = this.takeSlot();
    const area = furtherArea(this.#medium.open(offset, length, 'random'), offset);
    this.#codec.clear(area);
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
      this.#free.push({
        area,
        index: i,
        record: unusedRecord(),
        olderMark: undefined,
        lone: false,
        name: undefined,
      });
    }
  }

  #readArea(area: TableArea): void {
    const lost: number[] = [];
    let index = 0;
    for (const { first, second } of this.#codec.readAll(area)) {
      const { value, stale, damaged } = chooseCopy(first, second);
      if (value === undefined) lost.push(index++);
      else {
        if (damaged) this.damagedCopies++;
        const slot = {
          area,
          index: index++,
          record: value,
          olderMark: olderMark(first, second),
          lone: stale !== undefined && !isSameLife(first, second),
          name: undefined,
        };
        if (stale !== undefined) this.#uneven.push({ slot, stale });
        this.#enter(slot);
      }
    }
    if (lost.length > 0) this.problems.push(slotsLost(lost));
  }

  #enter(slot: TableSlot): void {
    const { kind, id, sequence } = slot.record;
    if (!isCountable(id) || !isCountable(sequence)) {
      this.problems.push(corrupt(`A slot of the region table makes no sense`));
      return;
    }
    this.#nextId = Math.max(this.#nextId, id + 1);
    if (kind === RecordKind.free) {
      this.#free.push(slot);
      return;
    }
    if (!this.#liesInData(slot.record)) {
      this.problems.push(corrupt(`The region table says that something lies outside of the stream's data`));
      return;
    }
    const { offset, length } = slot.record;
    if (kind === RecordKind.region) this.#readName(slot);
    else this.#areas.push(furtherArea(this.#medium.open(offset, length, 'random'), offset));
    this.used.add(slot);
  }

  /** Also false for a table extent that overlaps another one or is as long, so that a forged table cannot lead round in circles. */
  #liesInData({ kind, offset, length }: TableRecord): boolean {
    const { start, end, blockSize } = this.#data;
    const lies = offset >= start && length > 0 && offset + length <= end;
    if (!lies || offset % blockSize !== 0 || length % blockSize !== 0) return false;
    if (kind !== RecordKind.table) return length <= REGION_MAX;
    if (!this.#isExtentLength(length)) return false;
    return this.#areas.every(({ offset: at, extent }) => {
      const apart = offset + length <= at || at + extent.length <= offset;
      return apart && extent.length !== length;
    });
  }

  #readName(slot: TableSlot): void {
    const { nameLength, id } = slot.record;
    if (nameLength === 0) return;
    slot.name = this.#codec.readName(slot.area, slot.index, slot.record);
    if (slot.name === undefined) {
      this.problems.push(corrupt(`The name of region ${id} is damaged`, { region: id }));
    }
  }

  #store(slot: TableSlot, copies: number): void {
    this.#codec.store(slot.area, copies, slot.index, slot.record);
  }
}

function slotsLost(indices: readonly number[]): Problem {
  const [first] = indices;
  const which =
    indices.length === 1 ? `slot ${first}` : `${indices.length} slots, the first of them slot ${first},`;
  return corrupt(`Both copies of ${which} of the region table are damaged`);
}

function copiesOf({ firstCopies, secondCopies }: TableArea, copy: CopyIndex): number {
  return copy === 0 ? firstCopies : secondCopies;
}
