import { LogCursor, type Walker } from '../cursor.js';
import { cursorFrom } from '../find.js';
import type { LogCore } from './log-core.js';
import type { Segment } from './segment.js';
import { unlessFreed } from './unless-freed.js';

/** Timestamps of which entries were trimmed before they were read, both included. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/**
 * Goes through a log from front to back, from segment to segment. Where entries were trimmed that it has not come to, it tells of the gap
 * and goes on behind it.
 */
export class LogWalker {
  readonly #log: LogCore;
  readonly #ends: boolean;
  readonly #onGap: (gap: Gap) => void;
  /** No entry below this is to come; 0 as long as any may. */
  #from: number;
  #segment: Segment | undefined;
  #cursor: LogCursor | undefined;

  /**
   * @param from no entry with a lower timestamp is visited; 0: from the first one on, whichever that is
   * @param ends true if nobody asks for more once there was none
   * @param onGap may throw
   */
  constructor(log: LogCore, from: number, ends: boolean, onGap: (gap: Gap) => void) {
    this.#log = log;
    this.#from = from;
    this.#ends = ends;
    this.#onGap = onGap;
    log.follow();
  }

  /** Steps to the next entry and returns what stands on it; undefined if there is none (yet). */
  next(): Walker | undefined {
    return unlessFreed(this.#log, () => this.#next());
  }

  #next(): Walker | undefined {
    for (;;) {
      this.#log.assertThere();
      if (this.#from < this.#log.trimmedBelow) this.#skipTrimmed();
      const cursor = this.#cursor ?? this.#enter();
      if (cursor === undefined) return undefined;
      const step = this.#step(cursor);
      if (step === 'entry') {
        this.#from = cursor.timestamp + 1;
        return cursor;
      }
      if (step === 'end' && !this.#goOn(cursor)) return undefined;
    }
  }

  #skipTrimmed(): void {
    const { trimmedBelow } = this.#log;
    const gap = { from: this.#from, to: trimmedBelow - 1 };
    this.#from = trimmedBelow;
    this.#cursor = undefined;
    if (gap.from > 0) this.#onGap(gap);
  }

  #enter(): LogCursor | undefined {
    if (this.#log.chain.end === undefined && this.#log.core.beside) this.#log.follow();
    this.#segment = this.#log.chain.from(this.#from);
    this.#cursor = this.#segment && cursorFrom(this.#segment.region, this.#from);
    return this.#cursor;
  }

  /** Steps to the next entry of its segment that is to be seen. */
  #step(cursor: LogCursor): 'entry' | 'end' | 'gone' {
    try {
      if (!cursor.stale && this.#segment?.isGone !== true) return this.#stepIn(cursor);
    } catch (error) {
      if (!cursor.stale) throw error;
    }
    // Its segment was trimmed, or taken from the end.
    this.#cursor = undefined;
    this.#log.follow();
    this.#log.renew();
    return 'gone';
  }

  #stepIn(cursor: LogCursor): 'entry' | 'end' {
    while (cursor.next()) {
      const { cut } = this.#segment as Segment;
      if (cut !== undefined && cursor.position >= cut.tail) return 'end';
      if (cursor.timestamp >= this.#from) return 'entry';
    }
    return 'end';
  }

  /** At the end of a segment: goes on to the next one, once it is certain that nothing more comes here. False if there is none yet. */
  #goOn(cursor: LogCursor): boolean {
    const segment = this.#segment as Segment;
    if (!this.#begunBehind(segment)) {
      if (!this.#log.core.beside) return false;
      this.#log.follow();
    }
    const next = this.#begunBehind(segment);
    if (next === undefined || !this.#seesAllBefore(next)) return false;
    // Only now: all that stands here was committed before the next one's first entry, which is seen.
    if (cursor.stale || (segment.cut === undefined && segment.region.reaches(cursor.end))) return true;
    this.#segment = next;
    this.#cursor = new LogCursor(next.region);
    return true;
  }

  /** The next segment with an entry. */
  #begunBehind(segment: Segment): Segment | undefined {
    for (let next = this.#log.chain.after(segment); next !== undefined; next = this.#log.chain.after(next)) {
      next.region.catchUp();
      if (next.entries > 0) return next;
    }
    return undefined;
  }

  /** True if every entry before the first one of a segment can be seen. */
  #seesAllBefore({ region }: Segment): boolean {
    const { core } = this.#log;
    if (!core.beside) return true;
    const first = new LogCursor(region);
    if (!first.next()) return false;
    const { timestamp } = first;
    let bound: number;
    do {
      bound = core.others.bound();
      if (bound >= timestamp) return true;
      core.others.look();
    } while (core.others.mayGoBeyond(bound));
    return this.#ends && core.others.boundAtEnd(() => core.others.look()) >= timestamp;
  }
}
