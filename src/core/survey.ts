import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';
import { type Range, walkKnown } from './scanner.js';
import { type Allowance, Search } from './search.js';
import type { Steps } from './steps.js';

/** Bytes that are looked at between two pauses. */
const PORTION = 4 * 2 ** 20;

/** A part of a region: good entries and fillers, one behind the other, or bytes in which nothing good begins. */
export interface Piece {
  readonly good: boolean;
  readonly from: number;
  readonly to: number;
  /** Holds at least the header at `from`, if there is room for one; all of the piece if it is good. */
  readonly window: Window;
}

/** Goes through a part of a region from front to back, over damage, and says what is good and what is not. */
export class Survey {
  /** Where the next piece begins. */
  position: number;
  readonly #region: RegionLog;
  readonly #limit: number;
  readonly #newest: number;
  #after: number;
  readonly #beyond: Allowance;
  #search: Search | undefined;

  /**
   * @param from where to begin, a multiple of 8
   * @param limit where it ends
   * @param range which timestamps entries can have
   */
  constructor(region: RegionLog, from: number, limit: number, { after, newest }: Range) {
    this.position = from;
    this.#region = region;
    this.#limit = limit;
    this.#newest = newest;
    this.#after = after;
    this.#beyond = { bytes: 4 * limit };
  }

  /** The timestamp of the last good entry so far, else the one that all are above. */
  get after(): number {
    return this.#after;
  }

  /** True if something was passed over that may have been a good entry, as looking at it would have taken too long. */
  get gaveUp(): boolean {
    return this.#beyond.bytes < 0;
  }

  /** The next piece; undefined at the end. */
  *next(): Steps<Piece | undefined> {
    const from = this.position;
    if (from >= this.#limit) return undefined;
    const window = this.#windowAt(from);
    const good = this.#walk(window);
    this.position = good > from ? good : ((yield* this.#nextGood(from + 8)) ?? this.#limit);
    yield 'pause';
    return { good: good > from, from, to: this.position, window };
  }

  /** Returns where the chain ends that begins where the survey stands. */
  #walk(window: Window): number {
    const from = this.position;
    if (from + ENTRY.header > this.#limit) return from;
    const portion = Math.max(nextOf(window, from), from + PORTION);
    const to = Math.min(this.#limit, window.end, portion);
    const walk = walkKnown(this.#region, window, from, to, { after: this.#after, newest: this.#newest });
    this.#after = walk.timestamp;
    return walk.end;
  }

  *#nextGood(from: number): Steps<number | undefined> {
    const span = { after: this.#after, below: this.#newest + 1 };
    for (let position = from; position + ENTRY.header <= this.#limit; ) {
      const search = this.#searchAt(position);
      const found = search.next(position, span);
      if (found !== undefined) return found;
      // The last header that begins in the piece does not end there.
      position = Math.max(position + 8, search.to - ENTRY.header + 8);
      yield 'pause';
    }
    return undefined;
  }

  #searchAt(position: number): Search {
    const known = this.#search;
    if (known !== undefined && position >= known.from && position + ENTRY.header <= known.to) return known;
    const to = Math.min(this.#limit, position + PORTION);
    this.#search = new Search(this.#region, position, to, this.#limit, this.#beyond);
    return this.#search;
  }

  /** A window with the header at `position`, and the whole entry if the header makes sense. */
  #windowAt(position: number): Window {
    const { extent } = this.#region;
    const length = Math.min(ENTRY.header, this.#limit - position);
    const window = extent.read(position, length, this.#limit);
    if (length < ENTRY.header) return window;
    const next = nextOf(window, position);
    const timestamp = timestampAt(window.words, (position - window.start) / 4);
    const sensible = timestamp >= this.#after && next <= this.#limit;
    return sensible && next > window.end ? extent.read(position, next - position, this.#limit) : window;
  }
}

function nextOf(window: Window, position: number): number {
  return position + strideAt(window.words, (position - window.start) / 4);
}
