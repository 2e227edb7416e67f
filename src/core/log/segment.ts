import type { RegionLog } from '../region-log.js';
import type { Cut } from './facts.js';

/** One region of the chain that a log is. */
export class Segment {
  readonly number: number;
  readonly region: RegionLog;
  /** Where it ends, if entries were taken from its end. */
  cut: Cut | undefined = undefined;
  /** True once nothing can be committed any more to the segments before it, or whoever appends here waits for that. */
  follows = false;
  /** True once it is no part of the chain any more. */
  isGone = false;
  /** True once everything that ever comes to stand in it is known to be there. */
  isFinal = false;

  constructor(number: number, region: RegionLog) {
    this.number = number;
    this.region = region;
  }

  /** End of its entries, in bytes. */
  get tail(): number {
    return this.cut?.tail ?? this.region.tail;
  }

  get entries(): number {
    return this.cut?.entries ?? this.region.entries;
  }

  /** Timestamp of its last entry; 0 if it has none. */
  get last(): number {
    if (this.cut !== undefined) return this.cut.last;
    return this.region.entries === 0 ? 0 : this.region.lastTimestamp;
  }

  /** A timestamp that none of its entries is below. */
  get birth(): number {
    return this.region.slot.record.birth;
  }
}
