import type { Extent, Medium } from '../media/medium.js';
import type { Clock } from './clock.js';
import type { Kernel } from './kernel.js';
import type { Pieces } from './pieces.js';
import type { RegionLog } from './region-log.js';
import type { TableSlot } from './table-slots.js';

/** Tells a reader whether somebody else has cleared or freed the region that he reads. */
export interface RegionWatch {
  /** False if it is certain that nobody has: what was read before is right. */
  readonly stirred: boolean;
  /** The same, as far as a look at memory tells. */
  readonly moved: boolean;
  /** What was learned before by a longer look does not count any more. */
  doubt(): void;
}

/** What a region needs of its stream. */
export interface RegionHost {
  readonly clock: Clock;
  readonly kernel: Kernel;
  readonly uuid: Uint8Array;
  readonly medium: Medium;
  readonly readOnly: boolean;
  /** What was read last for single entries. */
  readonly pieces: Pieces;
  /** True if others may write at the same time: another process beside a reader, or other threads. */
  readonly beside: boolean;
  /** True while somebody waits for new entries: `committed` is to be called. */
  watched: boolean;
  openExtent(slot: TableSlot): Extent;
  /** Throws if the stream cannot be written to. */
  assertWritable(): void;
  /** Throws if the entries of the region's life `life` are gone: the stream was closed, the region freed or cleared. */
  assertReadable(region: RegionLog, life: number): void;
  /** What tells a reader that somebody else may have cleared or freed a region; undefined for who writes himself. */
  watch(slot: TableSlot): RegionWatch | undefined;
  /** Learns what others have changed in state and table: regions that were cleared or freed begin another life, or end. */
  refresh(): void;
  /** The same, unless the writer says that it has changed nothing. */
  recheck(): void;
  /** Takes the remaining steps of changes under way. */
  finishChanges(): void;
  /** Where somebody else writes the entries: looks for further ones, and is true if there are any. */
  grew(region: RegionLog): boolean;
  /** Makes a further supply of timestamps durable, for so many entries at least, and the stream's state not clean. */
  supplyTimestamps(count?: number): void;
  /** The region has entries that are not sealed yet. */
  touched(region: RegionLog): void;
  /** The region has an entry more, which is sealed. */
  appended(region: RegionLog): void;
  /** Wakes those who wait for new entries. */
  notifyCommitted(): void;
}
