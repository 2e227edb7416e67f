import { VarveError } from '../base/errors.js';
import { formOf, strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, Form } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';
import { scan } from './scanner.js';

/** Bytes of a region between two landmarks, at least. */
export const SPACING = 4 * 1024;

/**
 * Where some of a region's entries begin, with their timestamps: one about every 4 KiB. It is made when somebody first
 * goes backwards or looks for a timestamp, and goes on from where it ended each time after.
 */
export class SparseIndex {
  readonly #region: RegionLog;
  readonly #life: number;
  readonly #positions: number[] = [];
  readonly #timestamps: number[] = [];
  /** Up to here the entries were visited; the last one of them had the timestamp `#after`. */
  #end = 0;
  #after: number;

  private constructor(region: RegionLog) {
    this.#region = region;
    this.#life = region.life;
    this.#after = region.slot.record.birth - 1;
  }

  /**
   * The index of the whole region.
   *
   * @throws VARVE_CORRUPT if an entry is damaged
   */
  static of(region: RegionLog): SparseIndex {
    const index = SparseIndex.#known(region);
    index.#extend(Number.POSITIVE_INFINITY);
    return index;
  }

  /** Position of an entry before which no entry has `timestamp` or a later one. Whoever goes on from there meets damage himself. */
  static seek(region: RegionLog, timestamp: number): number {
    const index = SparseIndex.upTo(region, timestamp);
    return index.#positions[index.landmark(timestamp)] ?? 0;
  }

  /** The index as far as the entry with `timestamp`, or as far as there is no damage. */
  static upTo(region: RegionLog, timestamp: number): SparseIndex {
    const index = SparseIndex.#known(region);
    try {
      index.#extend(timestamp);
    } catch (error) {
      if (!(error instanceof VarveError && error.code === 'VARVE_CORRUPT')) throw error;
    }
    return index;
  }

  static #known(region: RegionLog): SparseIndex {
    const known = region.index;
    const index = known !== undefined && known.#life === region.life ? known : new SparseIndex(region);
    region.index = index;
    return index;
  }

  /** The landmarks' number. */
  get size(): number {
    return this.#positions.length;
  }

  /** Position of landmark `i`. */
  position(i: number): number {
    return this.#positions[i] as number;
  }

  /** Where the entries end that stand from landmark `i` on and before the next one, as far as they were visited. */
  endBehind(i: number): number {
    return this.#positions[i + 1] ?? this.#end;
  }

  /** The last landmark whose entry is not younger than `timestamp`; -1 if there is none. */
  landmark(timestamp: number): number {
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
    const region = this.#region;
    // Where something is missing at the end, that is said each time.
    if (this.#end >= region.tail && region.damage === undefined) return;
    while ((this.#timestamps.at(-1) ?? 0) < timestamp && region.reaches(this.#end)) this.#takeIn();
  }

  /** Takes in a stretch of good entries: this goes through all of a region, so that there is no cursor between. */
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

  /** Notes landmarks up to `end`. Returns the timestamp of the last entry before it. */
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
