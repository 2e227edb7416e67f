import type { RegionWatch } from './region-host.js';
import type { RegionLog } from './region-log.js';
import type { TableSlot } from './table-slots.js';

/**
 * Who else writes to a stream, and what one has to do to see it: `Nobody` beside a writer that has it alone, `OtherThreads` where they share
 * it, `ForeignWriter` beside a reader.
 */
export interface Others {
  /** True if somebody may write at the same time: whoever reads looks after each step whether the region is still there. */
  readonly maybeWriting: boolean;
  /** What tells a reader that a region was cleared or freed; undefined where he need not be told. */
  watch(slot: TableSlot): RegionWatch | undefined;
  /** Learns what was changed in state and table. */
  refresh(): void;
  /** The same, once a watch is stirred: as much of it as is needed to know whether the region is still there. */
  recheck(): void;
  /** As `refresh`, unless it is certain that nothing was changed. */
  notice(): void;
  /** Learns what was committed. */
  look(): void;
  /** The same for one region; true if there is more than was known. */
  grew(region: RegionLog): boolean;
  /** The newest entry that readers see; 0 if there is none. */
  readonly newestCommitted: number;
  /** The newest entry that is persisted with all before it; 0 if there is none. */
  readonly newestPersisted: number;
  /** Everything up to this timestamp is persisted. */
  readonly persistedUpTo: number;
  /** True if every entry up to the timestamp can be seen. */
  sees(timestamp: number): boolean;
  /** A timestamp up to which everything is found by who looks into the regions from now on. */
  bound(): number;
  /** True if a look since `bound` has shown that it can be higher. */
  mayGoBeyond(bound: number): boolean;
  /**
   * The same where nobody writes any more, for what stands behind a gap that a crash has left: nothing will ever come into it. 0 if somebody may be
   * writing. Calls `lookAround`, which is to look into all regions.
   */
  boundAtEnd(lookAround: () => void): number;
  /** Resolves when there may be something new, or the signal is aborted. */
  news(signal: AbortSignal | undefined): Promise<void>;
  /** Ends all waiting for news. */
  close(): void;
}
