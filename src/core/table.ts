import { RECORD, RecordKind } from '../format/layout.js';
import { unusedRecord } from '../format/record.js';
import type { StreamState } from '../format/state.js';
import type { Extent, Medium } from '../media/medium.js';
import { beforeAnyMark, lacksOlderMark } from './older-mark.js';
import type { Problem } from './problem.js';
import { type Glance, RecordWatch } from './record-watch.js';
import type { Steps } from './steps.js';
import { furtherArea, SlotCodec, type TableArea } from './table-area.js';
import { AreaView } from './table-refresh.js';
import {
  newSlot,
  noChanges,
  type TableChanges,
  type TablePart,
  type TableSlot,
  TableSlots,
} from './table-slots.js';
import { type StreamGround, TableSpace } from './table-space.js';
import type { CopyIndex } from './twice.js';

/** The region table: slots in the header pages and in further extents. */
export class Table {
  /** True if what was read need not be durable. */
  #doubted = false;
  readonly #medium: Medium;
  readonly #space: TableSpace;
  readonly #codec: SlotCodec;
  readonly #slots: TableSlots;

  /**
   * @param prefix the extent of header pages and first table
   * @param stream what is known of the stream beside its table
   */
  constructor(medium: Medium, prefix: Extent, stream: StreamGround) {
    this.#medium = medium;
    this.#space = new TableSpace(stream);
    this.#codec = new SlotCodec(stream.seed);
    this.#slots = new TableSlots(medium, prefix, this.#space, this.#codec);
  }

  /** Slots in use. */
  get used(): Set<TableSlot> {
    return this.#slots.used;
  }

  /** What is damaged or makes no sense. */
  get problems(): Problem[] {
    return this.#slots.problems;
  }

  /** Free slots left. */
  get vacancies(): number {
    return this.#slots.free.length;
  }

  /** The id given out last; 0 if none was. */
  get lastId(): number {
    return this.#slots.lastId;
  }

  /** The next region's id. Ids are never used again. */
  takeId(): number {
    return ++this.#slots.lastId;
  }

  /** Writes the empty first table of a new stream; durable with the next drain. */
  create(): void {
    this.#codec.clear((this.#slots.parts[0] as TablePart).area);
  }

  /** How many slots have one damaged copy. */
  get damagedCopies(): number {
    return [...this.#slots.uneven.values()].filter(({ damaged }) => damaged).length;
  }

  /** Reads all slots. What cannot be read stands in `problems`. */
  readAll(): void {
    const { parts, free } = this.#slots;
    const changes = noChanges();
    // Reading one area may find further ones.
    for (let i = 0; i < parts.length; i++) this.#slots.takeAll(parts[i] as TablePart, changes);
    free.reverse();
  }

  /**
   * Looks what the medium says now, where others write to the table too: another process, or another thread. Only slots whose bytes have
   * changed are decoded. Of a writer in the midst of a change either the old record or the new one is seen.
   *
   * @param patient true: what seems to lie behind the end of the stream is left for a further look, as the stream may just have grown
   * @throws VARVE_IO if the medium cannot be read any more
   */
  refresh(patient: boolean): TableChanges {
    const { parts } = this.#slots;
    const changes = noChanges();
    changes.patient = patient;
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as TablePart;
      part.view ??= new AreaView(part.area, this.#codec);
      this.#slots.takeIn(part, part.view.news(), changes);
    }
    return changes;
  }

  /** Takes back that a region was added: the next `refresh` finds it again, as far as it still is there. */
  postpone({ area, index }: TableSlot): void {
    const part = this.#slots.parts.find((candidate) => candidate.area === area) as TablePart;
    this.#slots.drop(part, index);
    part.view?.forget(index);
  }

  /** A free slot, taken. Must not be called without vacancies. */
  takeSlot(): TableSlot {
    return this.#slots.free.pop() as TableSlot;
  }

  /** Gives a slot back whose record says `free`. */
  giveSlot(slot: TableSlot): void {
    this.#slots.free.push(slot);
  }

  /** Stores a name beside a slot. It is durable before the record that speaks of it is stored. */
  *saveName(slot: TableSlot, name: string | undefined): Steps<void> {
    const { length, checksum } = this.#codec.storeName(slot.area, slot.index, name ?? '');
    slot.name = name;
    slot.record.nameLength = length;
    slot.record.nameChecksum = checksum;
    if (length > 0) yield 'drain';
  }

  /** What the last process stored and did not drain before it was killed looks whole, and is not durable. */
  doubt(): void {
    this.#doubted = true;
  }

  /**
   * Makes durable what was read of header, state and table, where that is in doubt: before one copy of anything is written, the other must be. Not done
   * when the stream is opened, so that whoever opens it and writes nothing waits for no drain.
   */
  *keepWhatWasRead(): Steps<void> {
    if (!this.#doubted) return;
    this.flushAll();
    yield 'drain';
    this.#doubted = false;
  }

  /** Writes the records of slots in two steps; after the first drain the change has happened, after the second it is safe from damage. */
  *save(slots: readonly TableSlot[]): Steps<void> {
    yield* this.keepWhatWasRead();
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

  /**
   * Gives the table to the next drain as it was read, with the pages that its first part lies in. Of further parts the slots that were never used
   * are left out, and all names: both were durable before there was a record that speaks of them.
   */
  flushAll(): void {
    const [first, ...further] = this.#slots.parts as [TablePart, ...TablePart[]];
    first.area.extent.flush(0, first.area.extent.length);
    for (const { area, slots } of further) {
      for (const { from, to } of usedRuns(slots)) {
        for (const copies of [area.firstCopies, area.secondCopies]) {
          area.extent.flush(copies + from * RECORD.size, copies + to * RECORD.size);
        }
      }
    }
  }

  /** Watches the record of a slot in use, where another process may change it. */
  watch({ area, index, record }: TableSlot, glance: Glance): RecordWatch {
    return new RecordWatch(this.#codec.wordsOf(area, index), record, glance);
  }

  /** True if some slot's copies differ. */
  get uneven(): boolean {
    return this.#slots.uneven.size > 0;
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
    for (const [slot, twice] of this.#slots.uneven) {
      const { area, index, record } = slot;
      const stale = twice.stale as CopyIndex;
      const lost = lacksOlderMark(slot, state);
      if (lost) this.#codec.store(area, copiesOf(area, stale), index, beforeAnyMark(record));
      if (lost || (!state.clean && slot.olderMark !== undefined)) left.push(slot);
      else this.#codec.copyOver(area, index, stale);
    }
    this.#slots.uneven.clear();
    return left;
  }

  /** Bytes that the next table extent takes; undefined if there can be none any more. */
  get nextExtent(): number | undefined {
    return this.#space.nextExtent(this.#slots.areas.slice(1));
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
    const part = this.#slots.addPart(area);
    for (let i = area.slots - 1; i >= 0; i--) {
      const free = newSlot(area, i, unusedRecord());
      part.slots[i] = free;
      this.#slots.free.push(free);
    }
  }

  #store(slot: TableSlot, copies: number): void {
    this.#codec.store(slot.area, copies, slot.index, slot.record);
  }
}

/** The slots that were ever used, or that nothing is known of, as runs of indices. */
function* usedRuns(
  slots: readonly (TableSlot | undefined)[],
): Generator<{ from: number; to: number }, void, void> {
  let from = 0;
  for (let index = 0; index <= slots.length; index++) {
    const slot = slots[index];
    if (index < slots.length && (slot === undefined || slot.record.sequence > 1)) continue;
    if (from < index) yield { from, to: index };
    from = index + 1;
  }
}

function copiesOf({ firstCopies, secondCopies }: TableArea, copy: CopyIndex): number {
  return copy === 0 ? firstCopies : secondCopies;
}
