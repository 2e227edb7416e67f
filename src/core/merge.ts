import { BackwardWalker } from './backward.js';
import { LogCursor, type Walker } from './cursor.js';
import { cursorFrom } from './find.js';
import { Heap } from './heap.js';
import type { RegionLog } from './region-log.js';
import type { StreamCore } from './stream-core.js';

/** A cursor and the timestamp of the entry it stands on, which stays known when the entry goes away. */
interface Head {
  readonly cursor: LogCursor;
  timestamp: number;
}

/**
 * Goes through the entries of all regions in the order of their timestamps. Regions are merged up to a bound: everything up to it is there to
 * be seen, whatever is appended to whichever region in the meantime. What lies above it waits for the next one, as an entry with a lower
 * timestamp may yet be seen.
 */
export class MergedWalker {
  readonly #core: StreamCore;
  readonly #from: number;
  readonly #ends: boolean;
  readonly #ahead = new Heap<Head>();
  readonly #entered = new WeakSet<RegionLog>();
  /** Those that stood at the end of what could be seen. */
  readonly #atEnd = new WeakMap<RegionLog, Head>();
  /** When it was last asked which regions have grown. */
  #asked = -1;
  #bound = 0;
  #ended = false;
  #current: Head | undefined;

  /** @param ends true if nobody asks for more once there was none: it may end with entries of which nobody knows what came before them */
  constructor(core: StreamCore, from: number, ends: boolean) {
    this.#core = core;
    this.#from = from;
    this.#ends = ends;
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
    const found = this.#step(current);
    // Mostly there is a further entry, and the head stays in the heap.
    if (found === 'entry') this.#ahead.sinkFirst(current.timestamp);
    else {
      this.#ahead.pop();
      this.#leave(current, found);
    }
  }

  /** False if there is nothing new that may be handed out. */
  #raiseBound(): boolean {
    if (this.#ended) return false;
    let bound: number;
    do {
      // Before the regions are looked at: what is committed meanwhile waits for the next time.
      bound = this.#core.others.bound();
      this.#bound = Math.max(this.#bound, bound);
      this.#lookAround();
      if (this.#isDue) return true;
      // What a reader finds in the regions may show how far it can go.
    } while (this.#core.others.mayGoBeyond(bound));
    return this.#ends && this.#end();
  }

  get #isDue(): boolean {
    return (this.#ahead.first?.timestamp ?? Number.POSITIVE_INFINITY) <= this.#bound;
  }

  #lookAround(): void {
    for (const region of this.#grown()) {
      if (this.#mayPass(region)) continue;
      const head = this.#atEnd.get(region);
      if (head !== undefined) {
        this.#atEnd.delete(region);
        this.#place(head);
      } else if (!this.#entered.has(region)) this.#enter(region);
    }
  }

  /** True for a region that holds nothing from where it is begun. Who follows stands at its end instead, so as not to seek what comes. */
  #mayPass(region: RegionLog): boolean {
    return this.#ends && region.lastTimestamp < this.#from && !this.#core.beside;
  }

  /** The regions that there may be more in. Who follows is woken by each entry, and is not to look at all of them each time. */
  #grown(): Iterable<RegionLog> {
    const { grown, regions, beside } = this.#core;
    if (this.#ends || beside) {
      this.#asked = -1;
      return regions.values();
    }
    const some = this.#asked === -1 ? undefined : grown.since(this.#asked);
    this.#asked = grown.now();
    return some ?? regions.values();
  }

  /** What a crash has left out of turn is shown at the end: nothing will ever come before it. */
  #end(): boolean {
    this.#ended = true;
    if (this.#ahead.first === undefined) return false;
    this.#bound = Math.max(
      this.#bound,
      this.#core.others.boundAtEnd(() => this.#lookAround()),
    );
    return this.#isDue;
  }

  #enter(region: RegionLog): void {
    this.#entered.add(region);
    if (region.hidden?.kind === 'journal') return;
    const { life } = region;
    try {
      this.#place({ cursor: cursorFrom(region, this.#from), timestamp: 0 });
    } catch (error) {
      if (region.life === life) throw error;
      this.#restart(region);
    }
  }

  /** Takes one step with a head that is not in the heap. */
  #place(head: Head): void {
    const found = this.#step(head);
    if (found === 'entry') this.#ahead.push(head, head.timestamp);
    else this.#leave(head, found);
  }

  #step(head: Head): 'entry' | 'end' | 'gone' {
    const { cursor } = head;
    try {
      if (cursor.stale) return 'gone';
      if (!cursor.next()) return 'end';
      head.timestamp = cursor.timestamp;
      // The number counts only if the region was still there when it was read.
      cursor.assertGood();
      return 'entry';
    } catch (error) {
      // Another process has just cleared or freed it.
      if (!cursor.stale) throw error;
      return 'gone';
    }
  }

  #leave(head: Head, found: 'end' | 'gone'): void {
    if (found === 'end') this.#atEnd.set(head.cursor.region, head);
    else this.#restart(head.cursor.region);
  }

  /** A region that was cleared begins anew; one that was freed is gone. */
  #restart(region: RegionLog): void {
    if (!region.freed) this.#place({ cursor: new LogCursor(region), timestamp: 0 });
  }
}

/**
 * Goes through what all regions held when it was made, the newest entry first. It begins where nothing is missing, whatever is appended while it
 * looks for the ends of the regions.
 */
export class MergedBackwardWalker {
  readonly #ahead = new Heap<BackwardWalker>();
  readonly #core: StreamCore;
  #current: BackwardWalker | undefined;

  /** @param from no later timestamp is visited */
  constructor(core: StreamCore, from: number) {
    this.#core = core;
    const latest = Math.min(from, latestBound(core));
    for (const region of core.regions.values())
      if (region.hidden?.kind !== 'journal') this.#enter(region, latest);
  }

  #enter(region: RegionLog, from: number): void {
    const { life } = region;
    try {
      const walker = new BackwardWalker(region);
      while (walker.next()) {
        if (walker.timestamp > from) continue;
        this.#ahead.push(walker, -walker.timestamp);
        return;
      }
    } catch (error) {
      if (region.life === life) throw error;
    }
  }

  /** Steps to the next older entry and returns what stands on it; undefined if there is none. */
  next(): Walker | undefined {
    this.#core.assertOpen();
    const current = this.#current;
    if (current !== undefined) {
      if (steps(current)) this.#ahead.sinkFirst(-current.timestamp);
      else this.#ahead.pop();
    }
    while (this.#ahead.first?.stale) this.#ahead.pop();
    this.#current = this.#ahead.first;
    if (this.#current === undefined) this.#core.assertComplete();
    return this.#current;
  }
}

/** Up to where all entries can be seen now. */
export function latestBound({ others }: StreamCore): number {
  let bound: number;
  do {
    bound = others.bound();
    others.look();
  } while (others.mayGoBeyond(bound));
  if (others.newestCommitted <= bound) return bound;
  const atEnd = others.boundAtEnd(() => others.look());
  return Math.max(bound, atEnd);
}

/** Takes one step; false at the end, and if the region was cleared or freed. */
function steps(walker: BackwardWalker): boolean {
  try {
    return !walker.stale && walker.next();
  } catch (error) {
    if (walker.stale) return false;
    throw error;
  }
}
