import { LogCursor } from '../cursor.js';
import type { Chain } from './chain.js';
import { leaderAt } from './leader.js';
import type { Segment } from './segment.js';

/**
 * Stands on the first entry of a log that was not trimmed, and moves on as more is trimmed: what is left is known without reading it.
 */
export class Head {
  readonly #chain: Chain;
  #segment: Segment | undefined;
  #cursor: LogCursor | undefined;
  /** Entries before it in its segment. */
  #index = -1;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  /** Goes to the first entry with `timestamp` or a later one, and never back; false if there is none. */
  seek(timestamp: number): boolean {
    if (this.#cursor?.stale === true || !this.#isLinked()) this.#enter(this.#chain.segments[0]);
    for (;;) {
      const segment = this.#segment;
      if (segment === undefined) return false;
      const isPast = segment.last < timestamp || this.#isBehindCut(segment);
      if (!isPast && this.#index >= 0 && this.timestamp >= timestamp) return true;
      if (!isPast && this.#step(segment)) continue;
      const next = this.#chain.after(segment);
      if (next === undefined) return false;
      this.#enter(next);
    }
  }

  get timestamp(): number {
    return (this.#cursor as LogCursor).timestamp;
  }

  /** When the entry was appended, milliseconds since 1970. */
  get time(): number {
    const { window, position } = this.#cursor as LogCursor;
    return leaderAt(window, position).time;
  }

  get segment(): Segment {
    return this.#segment as Segment;
  }

  /** Entries from it to the end of the log. */
  get entriesLeft(): number {
    return this.entriesBehind + this.entriesHere;
  }

  /** Bytes from it to the end of the log. */
  get bytesLeft(): number {
    return this.bytesBehind + this.bytesHere;
  }

  /** Entries from it to the end of its segment. */
  get entriesHere(): number {
    return this.segment.entries - this.#index;
  }

  /** Bytes from it to the end of its segment. */
  get bytesHere(): number {
    return this.segment.tail - (this.#cursor as LogCursor).position;
  }

  /** Entries of the segments behind its own. */
  get entriesBehind(): number {
    return this.#sumBehind(({ entries }) => entries);
  }

  /** Bytes of the segments behind its own. */
  get bytesBehind(): number {
    return this.#sumBehind(({ tail }) => tail);
  }

  #isLinked(): boolean {
    return this.#segment !== undefined && !this.#segment.isGone;
  }

  #isBehindCut({ cut }: Segment): boolean {
    return cut !== undefined && this.#index >= cut.entries;
  }

  #enter(segment: Segment | undefined): void {
    this.#segment = segment;
    this.#cursor = segment && new LogCursor(segment.region);
    this.#index = -1;
  }

  #step(segment: Segment): boolean {
    const cursor = this.#cursor as LogCursor;
    if (!cursor.next()) return false;
    this.#index++;
    return !this.#isBehindCut(segment);
  }

  #sumBehind(of: (segment: Segment) => number): number {
    let sum = 0;
    for (const segment of this.#chain.segments) {
      if (segment.number > this.segment.number) sum += of(segment);
    }
    return sum;
  }
}
