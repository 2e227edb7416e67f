import { formOf, strideAt, timestampAt } from '../format/entry.js';
import type { Landmark } from '../format/landmark.js';
import { ENTRY, Form } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { Between } from './landmarks.js';
import type { RegionLog } from './region-log.js';
import { scan } from './scanner.js';

/** Bytes of a region between two waypoints, at least. */
export const SPACING = 4 * 1024;

/**
 * Where some of the entries begin that stand between two landmarks, with their timestamps: a waypoint about every 4 KiB. They are noted when
 * somebody first goes backwards there or looks for a timestamp, and on from where that ended each time after.
 */
export class Chapter {
  readonly start: Landmark;
  readonly #region: RegionLog;
  readonly #life: number;
  readonly #positions: number[] = [];
  readonly #timestamps: number[] = [];
  /** Here it ends, as soon as there is a landmark behind it. */
  #until: number;
  /** Up to here the entries were visited; the last one of them had the timestamp `#after`. */
  #end: number;
  #after: number;

  constructor(region: RegionLog, { start, until }: Between) {
    this.start = start;
    this.#region = region;
    this.#life = region.life;
    this.#until = until;
    this.#end = start.position;
    this.#after = start.after;
  }

  /** How many waypoints there are. */
  get size(): number {
    return this.#positions.length;
  }

  /** Position of waypoint `i`. */
  position(i: number): number {
    return this.#positions[i] as number;
  }

  /** Where the entries end that stand from waypoint `i` on and before the next one, as far as they were visited. */
  endBehind(i: number): number {
    return this.#positions[i + 1] ?? this.#end;
  }

  /** The last waypoint whose entry is not younger than `timestamp`; -1 if there is none. */
  waypoint(timestamp: number): number {
    let low = 0;
    let high = this.#timestamps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timestamps[middle] as number) <= timestamp) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** True if the entry with `timestamp` can only stand here, and was visited. */
  covers(timestamp: number): boolean {
    return timestamp > this.start.after && timestamp <= (this.#timestamps.at(-1) ?? 0);
  }

  /** There is a landmark behind it now. */
  endAt(until: number): void {
    this.#until = until;
  }

  /**
   * Visits the entries that were not visited yet, up to that with `timestamp`.
   *
   * @throws VARVE_CORRUPT if one is damaged
   */
  extend(timestamp: number): void {
    const region = this.#region;
    // Where something is missing at the end, that is said each time.
    if (this.#end >= Math.min(region.tail, this.#until) && region.damage === undefined) return;
    while (
      this.#end < this.#until &&
      (this.#timestamps.at(-1) ?? 0) < timestamp &&
      region.reaches(this.#end)
    ) {
      this.#takeIn();
    }
  }

  /** Takes in a stretch of good entries: this goes through all of a chapter, so that there is no cursor between. */
  #takeIn(): void {
    const region = this.#region;
    const { window, end } = scan(region, this.#end, this.#after);
    const known = this.#positions.length;
    const after = this.#visit(window, end);
    try {
      if (region.host.beside) this.#assertGood();
    } catch (error) {
      this.#positions.length = known;
      this.#timestamps.length = known;
      throw error;
    }
    this.#after = after;
    this.#end = end;
  }

  /** Notes waypoints up to `end`. Returns the timestamp of the last entry before it. */
  #visit({ words, start }: Window, end: number): number {
    let due = (this.#positions.at(-1) ?? -SPACING) + SPACING;
    let last = -1;
    for (let at = this.#end; at < end; ) {
      const word = (at - start) >>> 2;
      if (formOf(words[word + ENTRY.highWord] as number) !== Form.filler) {
        last = word;
        if (at >= due) {
          this.#positions.push(at);
          this.#timestamps.push(timestampAt(words, word));
          due = at + SPACING;
        }
      }
      at += strideAt(words, word);
    }
    return last === -1 ? this.#after : timestampAt(words, last);
  }

  /** What was read counts if the region is still there afterwards. */
  #assertGood(): void {
    const { presence } = this.#region;
    presence.doubt();
    presence.assertStill(this.#life);
  }
}
