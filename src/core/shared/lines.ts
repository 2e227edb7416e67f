import { roundUp } from '../../base/sizes.js';
import { FIRST_TABLE, TABLE_SLOT, TABLE_SLOTS_MIN } from '../../format/layout.js';
import { keepLoadsInOrder } from '../record-watch.js';
import type { RegionWatch } from '../region-host.js';
import type { RegionLog } from '../region-log.js';
import type { TableSlot } from '../table-slots.js';
import { type Board, REGION, storeTimestamp, UNIT_SHIFT } from './board.js';

/** Tells a reader whether another thread has cleared or freed the region that he reads. */
class LifeWatch implements RegionWatch {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #life: number;

  /** @param at the word that counts the region's lives */
  constructor(words: Int32Array, at: number) {
    this.#words = words;
    this.#at = at;
    this.#life = Atomics.load(words, at);
  }

  doubt(): void {}

  get stirred(): boolean {
    return this.moved;
  }

  /** True if it has another life now than when this was made. */
  get moved(): boolean {
    keepLoadsInOrder();
    return Atomics.load(this.#words, this.#at) !== this.#life;
  }
}

/** The lines of the regions on the board: one for each slot of the region table. */
export class Lines {
  readonly #board: Board;
  readonly #words: Int32Array;
  readonly #leastExtent: number;

  /** @param blockSize the stream's */
  constructor(board: Board, blockSize: number) {
    this.#board = board;
    this.#words = board.words;
    this.#leastExtent = leastExtent(blockSize);
  }

  /** Slots that a region table can have in so many bytes of data. */
  static capacity(blockSize: number, dataBytes: number): number {
    let slots: number = FIRST_TABLE.slots;
    for (let extent = leastExtent(blockSize); extent <= dataBytes && slots < SLOTS_MAX; extent *= 2) {
      slots += Math.floor(extent / TABLE_SLOT);
    }
    return slots;
  }

  /** The first word of a region's line: extents of the table have distinct sizes, which tell how many slots lie before them. */
  of({ area, index }: TableSlot): number {
    if (area.offset === 0) return this.#board.region(index);
    const before = (area.extent.length - this.#leastExtent) / TABLE_SLOT;
    return this.#board.region(FIRST_TABLE.slots + before + index);
  }

  /** Writes down what its one thread knew of a region. */
  begin(region: RegionLog): void {
    const words = this.#words;
    const line = this.of(region.slot);
    this.restart(region);
    words[line + REGION.tail] = region.tail >>> UNIT_SHIFT;
    words[line + REGION.reserved] = region.tail >>> UNIT_SHIFT;
    words[line + REGION.sealed] = region.sealed >>> UNIT_SHIFT;
    words[line + REGION.durable] = region.sealed >>> UNIT_SHIFT;
    words[line + REGION.entries] = region.entries;
    words[line + REGION.ownFrom] = region.ownFrom >>> UNIT_SHIFT;
    storeTimestamp(words, line + REGION.last, region.lastTimestamp);
    storeTimestamp(words, line + REGION.pending, region.host.clock.persisted + 1);
    if (region.beyondMark) this.#board.unmarked.add(line);
    if (region.sealed < region.tail) this.#board.dirty.add(line);
  }

  /** Begins the life of a region that its record speaks of. Commit lock and region's lock are held. */
  restart(region: RegionLog): void {
    const words = this.#words;
    const line = this.of(region.slot);
    const { id, clears, mark } = region.slot.record;
    this.end(line);
    words[line + REGION.id] = id | 0;
    words[line + REGION.clears] = clears | 0;
    words[line + REGION.mark] = mark.tail >>> UNIT_SHIFT;
    storeTimestamp(words, line + REGION.last, mark.timestamp);
  }

  /** Ends the life of a region. Commit lock and region's lock are held. */
  end(line: number): void {
    const words = this.#words;
    const { tail, sealed, durable, reserved, entries, ownFrom, dirty, unmarked, expecting } = REGION;
    Atomics.add(words, line + REGION.life, 1);
    const both = [expecting, expecting + 1];
    for (const word of [tail, sealed, durable, reserved, entries, ownFrom, dirty, unmarked, ...both]) {
      words[line + word] = 0;
    }
  }

  /** True if the line speaks of the life that the region's record speaks of. */
  isOf(region: RegionLog): boolean {
    const line = this.of(region.slot);
    const { id, clears } = region.slot.record;
    return this.#words[line + REGION.id] === (id | 0) && this.#words[line + REGION.clears] === (clears | 0);
  }

  /** True if there are entries behind the mark that the region's record has. Where that has moved, it is written down. */
  isUnmarked(line: number, region: RegionLog | undefined): boolean {
    const words = this.#words;
    if (region === undefined) return true;
    words[line + REGION.mark] = region.slot.record.mark.tail >>> UNIT_SHIFT;
    return words[line + REGION.tail] !== words[line + REGION.mark];
  }

  /** What tells this thread that the region has begun another life. */
  watch(line: number): RegionWatch {
    return new LifeWatch(this.#words, line + REGION.life);
  }
}

/** More slots no region table can have, whatever room there is. */
const SLOTS_MAX = 2 ** 20;

function leastExtent(blockSize: number): number {
  return roundUp(TABLE_SLOTS_MIN * TABLE_SLOT, blockSize);
}
