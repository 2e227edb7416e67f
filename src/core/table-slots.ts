import { RecordKind } from '../format/layout.js';
import type { Mark, TableRecord } from '../format/record.js';
import type { Extent, Medium } from '../media/medium.js';
import { isSameLife, olderMark } from './older-mark.js';
import { corrupt, type Problem } from './problem.js';
import { isCountable } from './soundness.js';
import { firstArea, furtherArea, type RecordCopies, type SlotCodec, type TableArea } from './table-area.js';
import type { AreaView, SlotNews } from './table-refresh.js';
import type { TableSpace } from './table-space.js';
import { chooseCopy, type Twice } from './twice.js';

/** A line of the region table, in memory: as long as it says the same thing, be that free or a region. */
export interface TableSlot {
  readonly area: TableArea;
  readonly index: number;
  record: TableRecord;
  /** The mark of the other copy, where an interrupted checkpoint left it behind. */
  olderMark: Mark | undefined;
  /** True if the other copy is damaged or of another life: it may have held an older mark. */
  lone: boolean;
  /** Only of regions that have one. */
  name: string | undefined;
}

/** What a look at the table found: against what was known of it. */
export interface TableChanges {
  /** What is not there any more; each keeps the record that it had. */
  readonly gone: TableSlot[];
  /** Regions that are still there, with another record: a further mark, or a further life. */
  readonly changed: TableSlot[];
  /** Regions and table extents that were not there before. */
  readonly added: TableSlot[];
  /** True if what lies behind the end of the stream is to be left for a further look. */
  patient: boolean;
  /** True if something was left for that. */
  incomplete: boolean;
}

/** An area and what is known of it. */
export interface TablePart {
  readonly area: TableArea;
  /** By index; none where nothing is known of a slot. */
  readonly slots: (TableSlot | undefined)[];
  /** Made at the first `refresh`. */
  view: AreaView | undefined;
}

/** What is known of the slots of a table. */
export class TableSlots {
  readonly parts: TablePart[] = [];
  /** Those of the parts. */
  readonly areas: TableArea[] = [];
  /** Slots in use. */
  readonly used = new Set<TableSlot>();
  readonly free: TableSlot[] = [];
  /** Slots whose two copies differ, and what they say. */
  readonly uneven = new Map<TableSlot, Twice<TableRecord>>();
  readonly problems: Problem[] = [];
  /** The greatest id that a record bears; 0 if there is none. */
  lastId = 0;
  readonly #medium: Medium;
  readonly #space: TableSpace;
  readonly #codec: SlotCodec;

  /** @param prefix the extent of header pages and first table */
  constructor(medium: Medium, prefix: Extent, space: TableSpace, codec: SlotCodec) {
    this.#medium = medium;
    this.#space = space;
    this.#codec = codec;
    this.addPart(firstArea(prefix));
  }

  addPart(area: TableArea): TablePart {
    const part = { area, slots: [], view: undefined };
    this.parts.push(part);
    this.areas.push(area);
    return part;
  }

  /** Takes in all of a part of which nothing is known yet. Throws as `takeIn`. */
  takeAll(part: TablePart, changes: TableChanges): void {
    const lost: number[] = [];
    this.#codec.decodeAll(part.area, (index, copies) => {
      if (copies.first !== undefined && copies.first === copies.second) {
        this.#enter(part, newSlot(part.area, index, copies.first), changes);
      } else if (!this.#take(part, index, copies, changes)) {
        lost.push(index);
      }
    });
    if (lost.length > 0) this.problems.push(slotsLost(lost));
  }

  /**
   * Takes in what was found in slots of a part. What cannot be read, or makes no sense, stands in `problems`.
   *
   * @throws why the medium cannot be read, if it cannot
   */
  takeIn(part: TablePart, news: Iterable<SlotNews>, changes: TableChanges): void {
    const lost: number[] = [];
    for (const { index, copies } of news) if (!this.#take(part, index, copies, changes)) lost.push(index);
    if (lost.length > 0) this.problems.push(slotsLost(lost));
  }

  /** Takes in what the copies of one slot say; false if neither is whole. */
  #take(part: TablePart, index: number, copies: RecordCopies, changes: TableChanges): boolean {
    const twice = chooseCopy(copies.first, copies.second);
    const { value } = twice;
    // What cannot be read looks like a slot that is lost.
    if (value === undefined && this.#medium.failed !== undefined) throw this.#medium.failed;
    const known = part.slots[index];
    const same = known !== undefined && value !== undefined && isSameThing(known.record, value);
    if (known !== undefined && !same && this.drop(part, index)) changes.gone.push(known);
    if (value === undefined) return false;
    const slot = same ? known : newSlot(part.area, index, value);
    slot.olderMark = olderMark(copies.first, copies.second);
    slot.lone = twice.stale !== undefined && !isSameLife(copies.first, copies.second);
    if (twice.stale === undefined) this.uneven.delete(slot);
    else this.uneven.set(slot, twice);
    if (!same) this.#enter(part, slot, changes);
    else if (slot.record.sequence !== value.sequence) {
      slot.record = value;
      if (value.kind === RecordKind.region) changes.changed.push(slot);
    }
    return true;
  }

  /** Forgets what is known of a slot. True if something was there. */
  drop(part: TablePart, index: number): boolean {
    const slot = part.slots[index];
    part.slots[index] = undefined;
    if (slot === undefined) return false;
    this.uneven.delete(slot);
    if (this.used.delete(slot)) return true;
    const free = this.free.lastIndexOf(slot);
    if (free !== -1) this.free.splice(free, 1);
    return false;
  }

  #enter(part: TablePart, slot: TableSlot, changes: TableChanges): void {
    const { kind, id, sequence, offset } = slot.record;
    if (!isCountable(id) || !isCountable(sequence)) {
      this.problems.push(corrupt(`A slot of the region table makes no sense`));
      return;
    }
    this.lastId = Math.max(this.lastId, id);
    if (kind === RecordKind.free) {
      this.free.push(slot);
      part.slots[slot.index] = slot;
      return;
    }
    if (changes.patient && this.#space.isBehind(slot.record)) {
      part.view?.forget(slot.index);
      changes.incomplete = true;
      return;
    }
    if (!this.#space.holds(slot.record, this.areas)) {
      this.problems.push(corrupt(`The region table says that something lies outside of the stream's data`));
      return;
    }
    if (kind === RecordKind.region && !this.#readName(part, slot)) return;
    if (kind === RecordKind.table) {
      this.addPart(furtherArea(this.#medium.open(offset, slot.record.length, 'random'), offset));
    }
    part.slots[slot.index] = slot;
    this.used.add(slot);
    changes.added.push(slot);
  }

  /** False if the slot has changed meanwhile, so that the name may be another region's already. */
  #readName({ view }: TablePart, slot: TableSlot): boolean {
    const { nameLength, id } = slot.record;
    if (nameLength === 0) return true;
    slot.name = this.#codec.readName(slot.area, slot.index, slot.record);
    if (slot.name !== undefined) return true;
    if (view !== undefined && !view.isStill(slot.index)) return false;
    this.problems.push(corrupt(`The name of region ${id} is damaged`, { region: id }));
    return true;
  }
}

/** A slot of which nothing is known but its record. */
export function newSlot(area: TableArea, index: number, record: TableRecord): TableSlot {
  return { area, index, record, olderMark: undefined, lone: false, name: undefined };
}

export function noChanges(): TableChanges {
  return { gone: [], changed: [], added: [], patient: false, incomplete: false };
}

/** True if two records speak of the same region, free slot or table extent. */
function isSameThing(one: TableRecord, other: TableRecord): boolean {
  return one.kind === other.kind && one.id === other.id;
}

function slotsLost(indices: readonly number[]): Problem {
  const [first] = indices;
  const which =
    indices.length === 1 ? `slot ${first}` : `${indices.length} slots, the first of them slot ${first},`;
  return corrupt(`Both copies of ${which} of the region table are damaged`);
}
