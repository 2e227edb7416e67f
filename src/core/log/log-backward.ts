import { BackwardWalker } from '../backward.js';
import type { Walker } from '../cursor.js';
import { latestBound } from '../merge.js';
import type { LogCore } from './log-core.js';
import type { Segment } from './segment.js';
import { unlessFreed } from './unless-freed.js';

/** Goes through what a log held when it was made, the newest entry first. What is trimmed meanwhile is its end. */
export class LogBackwardWalker {
  readonly #log: LogCore;
  /** No later entry is to come. */
  readonly #latest: number;
  #segment: Segment | undefined;
  #walker: BackwardWalker | undefined;

  /** @param from no later timestamp is visited */
  constructor(log: LogCore, from: number) {
    this.#log = log;
    log.follow();
    this.#latest = Math.min(from, log.core.beside ? latestBound(log.core) : log.core.others.newestCommitted);
    this.#walker = unlessFreed(log, () => {
      this.#segment = log.chain.from(this.#latest);
      return this.#segment && new BackwardWalker(this.#segment.region);
    });
  }

  /** Steps to the next older entry and returns what stands on it; undefined if there is none. */
  next(): Walker | undefined {
    return unlessFreed(this.#log, () => this.#next());
  }

  #next(): Walker | undefined {
    for (;;) {
      this.#log.assertThere();
      const walker = this.#walker;
      if (walker === undefined) return undefined;
      const step = this.#step(walker);
      if (step === 'gone') return undefined;
      if (step === 'entry') return walker.timestamp < this.#log.trimmedBelow ? undefined : walker;
      const before = this.#segment && this.#log.chain.before(this.#segment);
      this.#walker = before && new BackwardWalker(before.region);
      this.#segment = before;
    }
  }

  #step(walker: BackwardWalker): 'entry' | 'end' | 'gone' {
    const end = this.#segment?.cut?.tail ?? Number.POSITIVE_INFINITY;
    if (this.#segment?.isGone === true) return 'end';
    try {
      if (walker.stale) return 'gone';
      while (walker.next()) if (walker.position < end && walker.timestamp <= this.#latest) return 'entry';
      return 'end';
    } catch (error) {
      if (walker.stale) return 'gone';
      throw error;
    }
  }
}
