import type { Window } from '../media/window.js';
import { LogCursor, type Walker } from './cursor.js';
import type { RegionLog } from './region-log.js';

/** Bytes of a region between two landmarks, at least. */
const SPACING = 8 * 1024;

/**
 * Where some of a region's entries begin, with their timestamps: one about every 8 KiB. It is made when somebody first
 * goes backwards or looks for a timestamp, and goes on from where it ended each time after.
 */
export class SparseIndex {
  readonly #region: RegionLog;
  readonly #life: number;
  readonly #positions: number[] = [];
  readonly #timestamps: number[] = [];
  readonly #cursor: LogCursor;

  private constructor(region: RegionLog) {
    this.#region = region;
    this.#life = region.life;
    this.#cursor = new LogCursor(region);
  }

  /**
   * The region's index, made up to the first entry that is not older than `timestamp`.
   *
   * @throws VARVE_CORRUPT if an entry on the way is damaged
   */
  static of(region: RegionLog, timestamp = Number.POSITIVE_INFINITY): SparseIndex {
    const known = region.index;
    const index = known !== undefined && known.#life === region.life ? known : new SparseIndex(region);
    region.index = index;
    index.#extend(timestamp);
    return index;
  }

  /** Position of an entry before which no entry has `timestamp` or a later one. */
  seek(timestamp: number): number {
    return this.#positions[this.#landmarkAt(timestamp)] ?? 0;
  }

  /** The landmarks' number. */
  get size(): number {
    return this.#positions.length;
  }

  /** Position of landmark `i`. */
  position(i: number): number {
    return this.#positions[i] as number;
  }

  /** The last landmark whose entry is not younger than `timestamp`; -1 if there is none. */
  #landmarkAt(timestamp: number): number {
    let low = 0;
    let high = this.#timestamps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timestamps[middle] as number) <= timestamp) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #extend(timestamp: number): void {
    const cursor = this.#cursor;
    if (cursor.end >= this.#region.tail) return;
    let due = (this.#positions.at(-1) ?? -SPACING) + SPACING;
    while ((this.#timestamps.at(-1) ?? 0) < timestamp && cursor.next()) {
      if (cursor.position < due) continue;
      this.#positions.push(cursor.position);
      this.#timestamps.push(cursor.timestamp);
      due = cursor.position + SPACING;
    }
  }
}

/** A cursor whose first entry is the first one with `from` or a later timestamp. */
export function cursorFrom(region: RegionLog, from: number): LogCursor {
  if (from < region.slot.record.birth) return new LogCursor(region);
  const scout = new LogCursor(region, SparseIndex.of(region, from).seek(from));
  while (scout.next()) {
    if (scout.timestamp >= from) return new LogCursor(region, scout.position);
  }
  return scout;
}

/** An entry that a backward walk will hand out. */
type Stop = Pick<Walker, 'window' | 'position' | 'size' | 'timestamp'>;

/** Goes through a region from back to front: everything that was committed when it was made. */
export class BackwardWalker implements Walker {
  readonly region: RegionLog;
  window!: Window;
  position = -1;
  size = 0;
  timestamp = 0;
  readonly #index: SparseIndex;
  readonly #life: number;
  #landmark: number;
  /** Entries of the stretch behind the landmark, the last one first to be handed out. */
  #stretch: Stop[] = [];
  #end: number;

  constructor(region: RegionLog) {
    this.region = region;
    this.#life = region.life;
    this.#index = SparseIndex.of(region);
    this.#landmark = this.#index.size;
    this.#end = region.tail;
  }

  /** True if the entries it goes through are gone. */
  get stale(): boolean {
    return this.region.life !== this.#life;
  }

  next(): boolean {
    if (this.region.life !== this.#life) this.region.host.assertReadable(this.region, this.#life);
    while (this.#stretch.length === 0) {
      if (this.#landmark === 0) return false;
      this.#load(--this.#landmark);
    }
    const entry = this.#stretch.pop() as Stop;
    this.window = entry.window;
    this.position = entry.position;
    this.size = entry.size;
    this.timestamp = entry.timestamp;
    return true;
  }

  #load(landmark: number): void {
    const from = this.#index.position(landmark);
    const cursor = new LogCursor(this.region, from);
    while (cursor.end < this.#end && cursor.next() && cursor.position < this.#end) {
      const { window, position, size, timestamp } = cursor;
      this.#stretch.push({ window, position, size, timestamp });
    }
    this.#end = from;
  }
}
