import type { Acts } from './acts.js';
import type { Cut } from './facts.js';
import type { Change } from './journal-state.js';
import { type Produced, producedAt } from './leader.js';
import { LogBackwardWalker } from './log-backward.js';
import type { LogCore } from './log-core.js';
import { sequenceTooLow, sequenceTrimmed } from './log-errors.js';
import { LogWalker } from './log-walker.js';

/** The last entry of a producer. */
interface Last {
  readonly sequence: number;
  readonly timestamp: number;
}

/**
 * What producers have appended to a log, so that a repeat is not stored twice: read from the leaders of the entries behind what the journal
 * remembers. Nothing is read before the first append of a producer.
 */
export class Producers {
  readonly #log: LogCore;
  /** By producer; the one heard of last stands last. */
  #last = new Map<string, Last>();
  #walker: LogWalker | undefined;
  #upTo = 0;
  #cuts: readonly Cut[] = [];

  constructor(log: LogCore) {
    this.#log = log;
  }

  /**
   * Timestamp of the entry that a producer has appended with this sequence; undefined if it is to be appended.
   *
   * @throws VARVE_CONFLICT if a later one is there and this is not, VARVE_TRIMMED if it may have been trimmed
   */
  find(produced: Produced): number | undefined {
    this.#fold();
    const last = this.#last.get(produced.producer);
    if (last === undefined || produced.sequence > last.sequence) return undefined;
    const timestamp = produced.sequence === last.sequence ? last.timestamp : this.#lookBack(produced, last);
    if (timestamp < this.#log.trimmedBelow) throw sequenceTrimmed(this.#log.name, produced);
    return timestamp;
  }

  /** Notes in the journal what is known, so that it need not be read again: of as many producers as there is room for, those heard of last. */
  *remember(): Acts {
    if (this.#walker === undefined) return;
    this.#fold();
    const last = Array.from(
      this.#last,
      ([producer, { sequence, timestamp }]) => [producer, sequence, timestamp] as const,
    );
    let change: Change = { kind: 'producers', upTo: this.#upTo, last };
    while (last.length > 0 && !this.#log.journal.fits(change)) {
      last.splice(0, Math.ceil(last.length / 4));
      change = { kind: 'producers', upTo: this.#upTo, last };
    }
    yield { note: () => change };
  }

  #fold(): void {
    this.#log.follow();
    if (this.#walker === undefined || this.#cuts !== this.#log.journal.state.cuts) this.#begin();
    const walker = this.#walker as LogWalker;
    for (let at = walker.next(); at !== undefined; at = walker.next()) {
      this.#upTo = at.timestamp;
      const produced = producedAt(at.window, at.position);
      if (produced !== undefined) this.#note(produced, at.timestamp);
    }
  }

  #note({ producer, sequence }: Produced, timestamp: number): void {
    if (sequence <= (this.#last.get(producer)?.sequence ?? -1)) return;
    this.#last.delete(producer);
    this.#last.set(producer, { sequence, timestamp });
  }

  /** What the journal remembers counts unless some of it was taken from the end: then the whole log is read. */
  #begin(): void {
    const { journal } = this.#log;
    if (journal.state.producers.upTo === 0) this.#beginFirst();
    const { producers, cuts } = journal.state;
    const isWhole = producers.last.every(([, , timestamp]) => !this.#log.isCutOff(timestamp));
    this.#cuts = cuts;
    this.#last = new Map(
      isWhole
        ? producers.last.map(([producer, sequence, timestamp]) => [producer, { sequence, timestamp }])
        : [],
    );
    this.#upTo = isWhole ? producers.upTo : 0;
    this.#walker = new LogWalker(this.#log, this.#upTo + 1, false, () => {});
  }

  /** Before a log has its first producer it is noted that nothing up to now is of any. */
  #beginFirst(): void {
    const upTo = Math.max(1, this.#log.last);
    this.#log.journal.changeSync(({ producers }) =>
      producers.upTo > 0 ? undefined : { kind: 'producers', upTo, last: [] },
    );
  }

  #lookBack(wanted: Produced, { timestamp }: Last): number {
    const walker = new LogBackwardWalker(this.#log, timestamp);
    for (let at = walker.next(); at !== undefined; at = walker.next()) {
      const found = producedAt(at.window, at.position);
      if (found?.producer !== wanted.producer) continue;
      if (found.sequence === wanted.sequence) return at.timestamp;
      if (found.sequence < wanted.sequence) throw sequenceTooLow(this.#log.name, wanted);
    }
    if (this.#log.trimmedBelow > 0) throw sequenceTrimmed(this.#log.name, wanted);
    throw sequenceTooLow(this.#log.name, wanted);
  }
}
