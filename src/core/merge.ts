import { LogCursor, type Walker } from './cursor.js';
import { Heap } from './heap.js';
import type { RegionLog } from './region-log.js';
import { BackwardWalker, cursorFrom } from './sparse-index.js';
import type { StreamCore } from './stream-core.js';

/** A cursor and the timestamp of the entry it stands on, which stays known when the entry goes away. */
interface Head {
  readonly cursor: LogCursor;
  timestamp: number;
}

/**
 * Goes through the entries of all regions in the order of their timestamps. Regions are merged up to a bound, the newest timestamp when
 * the bound was set: everything up to it is there to be seen, whatever is appended to whichever region in the meantime.
 */
export class MergedWalker {
  readonly #core: StreamCore;
  readonly #from: number;
  readonly #ahead = new Heap<Head>((a, b) => a.timestamp < b.timestamp);
  #atEnd: Head[] = [];
  #bound = 0;
  #lastRegion = 0;
  #current: Head | undefined;

  constructor(core: StreamCore, from: number) {
    this.#core = core;
    this.#from = from;
  }

  /**
   * Steps to the next entry and returns what stands on it; undefined if there is none (yet).
   *
   * @throws VARVE_CORRUPT at the end, if there may be regions that cannot be seen
   */
  next(): Walker | undefined {
    this.#core.assertOpen();
    this.#advance();
    for (;;) {
      const first = this.#ahead.first;
      if (first === undefined || first.timestamp > this.#bound) {
        if (this.#raiseBound()) continue;
        this.#core.assertComplete();
        return undefined;
      } else if (first.cursor.stale) {
        this.#ahead.pop();
        this.#restart(first.cursor.region);
      } else {
        this.#current = first;
        return first.cursor;
      }
    }
  }

  #advance(): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    this.#ahead.pop();
    this.#place(current);
  }

  /** False if nothing new was committed since the last time. */
  #raiseBound(): boolean {
    // Before the regions are looked at: what another process commits meanwhile waits for the next time.
    this.#bound = this.#core.clock.newestCommitted;
    const idle = this.#atEnd;
    this.#atEnd = [];
    for (const head of idle) this.#place(head);
    this.#enterNewRegions();
    return (this.#ahead.first?.timestamp ?? Number.POSITIVE_INFINITY) <= this.#bound;
  }

  #enterNewRegions(): void {
    if (this.#core.table.lastId === this.#lastRegion) return;
    let last = this.#lastRegion;
    for (const region of this.#core.regions.values()) {
      const { id } = region.slot.record;
      if (id > this.#lastRegion) this.#enter(region);
      last = Math.max(last, id);
    }
    // Not the table's: a region that is being allocated has its number already, and is entered only when it is there.
    this.#lastRegion = last;
  }

  #enter(region: RegionLog): void {
    this.#place({ cursor: cursorFrom(region, this.#from), timestamp: 0 });
  }

  /** Takes one step with a cursor that is not in the heap. */
  #place(head: Head): void {
    const { cursor } = head;
    if (cursor.stale) {
      this.#restart(cursor.region);
    } else if (cursor.next()) {
      head.timestamp = cursor.timestamp;
      this.#ahead.push(head);
    } else {
      this.#atEnd.push(head);
    }
  }

  /** A region that was cleared begins anew; one that was freed is gone. */
  #restart(region: RegionLog): void {
    if (!region.freed) this.#place({ cursor: new LogCursor(region), timestamp: 0 });
  }
}

/** Goes through what all regions held when it was made, the newest entry first. */
export class MergedBackwardWalker {
  readonly #ahead = new Heap<BackwardWalker>((a, b) => a.timestamp > b.timestamp);
  readonly #core: StreamCore;
  #current: BackwardWalker | undefined;

  /** @param from no later timestamp is visited */
  constructor(core: StreamCore, from: number) {
    this.#core = core;
    for (const region of core.regions.values()) {
      const walker = new BackwardWalker(region);
      while (walker.next()) {
        if (walker.timestamp > from) continue;
        this.#ahead.push(walker);
        break;
      }
    }
  }

  /** Steps to the next older entry and returns what stands on it; undefined if there is none. */
  next(): Walker | undefined {
    this.#core.assertOpen();
    const current = this.#current;
    if (current !== undefined) {
      this.#ahead.pop();
      if (!current.stale && current.next()) this.#ahead.push(current);
    }
    while (this.#ahead.first?.stale) this.#ahead.pop();
    this.#current = this.#ahead.first;
    if (this.#current === undefined) this.#core.assertComplete();
    return this.#current;
  }
}
