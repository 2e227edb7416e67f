import type { Clock } from './clock.js';
import type { Others } from './others.js';
import { Signal, unlessAborted } from './signal.js';

/** Nobody else writes: whatever there is, this thread has done itself. */
export class Nobody implements Others {
  readonly maybeWriting = false;
  /** True while somebody waits: `committed` is to be called. */
  watched = false;
  readonly #clock: Clock;
  readonly #commits = new Signal();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get newestCommitted(): number {
    return this.#clock.newestCommitted;
  }

  get newestPersisted(): number {
    return this.#clock.newestPersisted;
  }

  get persistedUpTo(): number {
    return this.#clock.persisted;
  }

  watch(): undefined {}

  refresh(): void {}

  recheck(): void {}

  notice(): void {}

  look(): void {}

  grew(): boolean {
    return false;
  }

  sees(timestamp: number): boolean {
    return this.#clock.last >= timestamp;
  }

  bound(): number {
    return this.newestCommitted;
  }

  mayGoBeyond(): boolean {
    return false;
  }

  boundAtEnd(): number {
    return 0;
  }

  news(signal: AbortSignal | undefined): Promise<void> {
    this.watched = true;
    return unlessAborted(this.#commits.next(), signal);
  }

  /** Something was committed, or has ended. */
  committed(): void {
    this.watched = false;
    this.#commits.notify();
  }

  close(): void {
    this.committed();
  }
}
