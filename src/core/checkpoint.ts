import { TIMESTAMP_SUPPLY } from '../format/layout.js';
import type { StreamState } from '../format/state.js';
import type { Clock } from './clock.js';
import type { Persister } from './persister.js';
import type { Prefix } from './prefix.js';
import type { RegionLog } from './region-log.js';
import type { Steps } from './steps.js';
import type { Table } from './table.js';
import type { TableSlot } from './table-slots.js';

/** A region is marked anew after so many bytes at the latest, which bounds what a recovery has to scan. A mark takes four drains, in the background. */
export const MARK_SPAN = 16 * 2 ** 20;

/**
 * Writes down how far the stream has come: marks of the regions, then the state. The order of the drains matters: first
 * copies of the marks, first copy of the state, then both second copies. So as long as the old state counts, there is an old mark beside
 * each new one, from which recovery finds all timestamps behind the old checkpoint.
 */
export class Checkpointer {
  readonly #prefix: Prefix;
  readonly #table: Table;
  readonly #clock: Clock;
  readonly #persister: Persister;
  /** Regions with entries behind their marks. */
  readonly #unmarked = new Set<RegionLog>();

  constructor(prefix: Prefix, table: Table, clock: Clock, persister: Persister) {
    this.#prefix = prefix;
    this.#table = table;
    this.#clock = clock;
    this.#persister = persister;
  }

  /** The region has entries behind its mark. True if that is news. */
  noteUnmarked(region: RegionLog): boolean {
    const known = this.#unmarked.has(region);
    this.#unmarked.add(region);
    return !known;
  }

  /** The region was freed. */
  forget(region: RegionLog): void {
    this.#unmarked.delete(region);
  }

  /** True if there is nothing that a checkpoint would write down. */
  get isCurrent(): boolean {
    return this.#prefix.state.checkpoint === this.#clock.last && this.#unmarked.size === 0;
  }

  /** As `write`, unless there is nothing to write down: another thread may just have done it. */
  *refresh(): Steps<void> {
    if (!this.isCurrent) yield* this.write(false);
  }

  /** Makes a further supply of timestamps durable, for `count` entries at least. */
  *supply(count: number): Steps<void> {
    // Another thread may just have got one.
    if (this.#clock.last + count < this.#clock.limit) return;
    if (!this.#prefix.state.clean) return yield* this.write(false);
    const limit = this.#clock.last + 1 + TIMESTAMP_SUPPLY;
    yield* this.#table.keepWhatWasRead();
    yield* this.#prefix.saveState({ clean: false, limit });
    this.#clock.limit = limit;
  }

  /**
   * Persists everything committed and writes down that it is.
   *
   * @param clean true if nothing will be appended after it: the stream is being closed
   * @param repairs further slots to be written in both copies
   */
  *write(clean: boolean, repairs: readonly TableSlot[] = []): Steps<void> {
    const clock = this.#clock;
    yield* this.#table.keepWhatWasRead();
    const target = this.#persister.sealAll();
    const newest = clock.newestCommitted;
    const slots = [...new Set([...this.#takeMarks(), ...repairs])];
    yield 'drain';
    this.#persister.reached(target);
    if (slots.length > 0) {
      this.#table.storeFirst(slots);
      yield 'drain';
    }
    const limit = target + 1 + (clean ? 0 : TIMESTAMP_SUPPLY);
    yield* this.#saveState({ limit, checkpoint: target, newest, clean }, slots);
    clock.limit = limit;
  }

  *#saveState(change: Omit<StreamState, 'sequence' | 'size'>, slots: readonly TableSlot[]): Steps<void> {
    const prefix = this.#prefix;
    prefix.state = { ...prefix.state, ...change, sequence: prefix.state.sequence + 1 };
    prefix.storeState(0);
    yield 'drain';
    this.#table.storeSecond(slots);
    prefix.storeState(1);
    yield 'drain';
  }

  #takeMarks(): TableSlot[] {
    const regions = [...this.#unmarked];
    this.#unmarked.clear();
    for (const region of regions) {
      const { slot, tail, lastTimestamp, entries, landmark } = region;
      slot.record.mark = { tail, timestamp: lastTimestamp, entries, landmark };
      region.reportAt = tail;
    }
    return regions.map((region) => region.slot);
  }
}
