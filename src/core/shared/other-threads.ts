import type { Clock } from '../clock.js';
import type { Others } from '../others.js';
import type { RegionWatch } from '../region-host.js';
import type { RegionLog } from '../region-log.js';
import { unlessAborted } from '../signal.js';
import type { TableSlot } from '../table-slots.js';
import type { Sharing } from './sharing.js';

/** The other threads of this process, as the board shows them. */
export class OtherThreads implements Others {
  readonly maybeWriting = true;
  readonly #sharing: Sharing;
  readonly #clock: Clock;

  /** @param clock this thread's */
  constructor(sharing: Sharing, clock: Clock) {
    this.#sharing = sharing;
    this.#clock = clock;
  }

  watch(slot: TableSlot): RegionWatch {
    return this.#sharing.watch(slot);
  }

  refresh(): void {
    this.#sharing.refresh();
  }

  recheck(): void {
    this.#sharing.refresh();
  }

  notice(): void {
    if (!this.#sharing.current) this.#sharing.refresh();
  }

  look(): void {
    this.#sharing.pull();
  }

  grew(region: RegionLog): boolean {
    return this.#sharing.log(region).pull();
  }

  get newestCommitted(): number {
    this.#sharing.pull();
    return this.#clock.newestCommitted;
  }

  get newestPersisted(): number {
    this.#sharing.settle();
    return this.#clock.newestPersisted;
  }

  get persistedUpTo(): number {
    this.#sharing.settle();
    return this.#clock.persisted;
  }

  sees(timestamp: number): boolean {
    this.#sharing.pull();
    return this.#clock.last >= timestamp;
  }

  bound(): number {
    const bound = this.newestCommitted;
    // Only now: an entry up to there may stand in a region that is not known yet.
    this.notice();
    return bound;
  }

  mayGoBeyond(): boolean {
    return false;
  }

  boundAtEnd(): number {
    return 0;
  }

  news(signal: AbortSignal | undefined): Promise<void> {
    return unlessAborted(this.#sharing.news.next(), signal);
  }

  close(): void {
    this.#sharing.news.wakeOwn();
  }
}
