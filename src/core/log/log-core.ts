import { VarveError } from '../../base/errors.js';
import { roundUp } from '../../base/sizes.js';
import { strideOf } from '../../format/entry.js';
import type { Places } from '../appender.js';
import type { RegionLog } from '../region-log.js';
import { allocate } from '../regions.js';
import type { Place } from '../reservations.js';
import type { StreamCore } from '../stream-core.js';
import { Chain } from './chain.js';
import type { LogOptions } from './facts.js';
import { Head } from './head.js';
import type { Journal } from './journal.js';
import { encodeLeader, LEADER, PlainLeader, type Produced } from './leader.js';
import { logFreed, logFull } from './log-errors.js';
import { SEGMENT_MAX, segmentName } from './names.js';
import { Retainer } from './retention.js';
import { makeSpace } from './room.js';
import type { Segment } from './segment.js';
import { startOf } from './starts.js';
import { unlessFreed } from './unless-freed.js';

/** An endless log: a chain of regions, and a journal of what is to be known beside the entries. */
export class LogCore {
  readonly core: StreamCore;
  readonly name: string;
  readonly journal: Journal;
  readonly chain: Chain;
  /** No entry with this timestamp or a later one may be trimmed: somebody still needs it. */
  slowest: () => number = () => Number.POSITIVE_INFINITY;
  /** Called when a further segment was begun. */
  rolled: () => void = () => {};
  readonly retainer: Retainer;
  readonly #head: Head;
  /** The newest time that an entry was given, and the leader that says so. */
  #time = 0;
  #leader = new PlainLeader(0);

  constructor(core: StreamCore, name: string, journal: Journal) {
    this.core = core;
    this.name = name;
    this.journal = journal;
    this.chain = new Chain(core, name);
    this.renew();
    this.#head = new Head(this.chain);
    this.retainer = new Retainer(this);
  }

  get options(): LogOptions {
    return this.journal.state.options;
  }

  /** Learns what others have changed: other threads, or the writer of another process. */
  follow(): void {
    const { others, beside } = this.core;
    const bound = beside ? others.bound() : 0;
    this.assertThere();
    if (!beside) return;
    this.journal.refresh();
    if (this.journal.state.cuts !== this.chain.cuts) this.renew();
    this.chain.catchUp(bound);
  }

  /** Looks which regions and cuts there are now. */
  renew(): void {
    this.chain.follow(this.journal.state.cuts);
  }

  /** Throws if the log was freed, or the stream closed. */
  assertThere(): void {
    this.core.assertOpen();
    if (this.journal.isFreed) throw logFreed(this.name);
  }

  /** Entries with lower timestamps were trimmed. */
  get trimmedBelow(): number {
    return this.journal.state.first;
  }

  /** Stands on the first entry; undefined if there is none. */
  get head(): Head | undefined {
    return unlessFreed(this, () => (this.#head.seek(this.trimmedBelow) ? this.#head : undefined));
  }

  /** Timestamp of the last entry; 0 if there is none. */
  get last(): number {
    const last = this.chain.last;
    return last >= this.trimmedBelow ? last : 0;
  }

  /** True for an entry that was taken from the end. */
  isCutOff(timestamp: number): boolean {
    if (timestamp < this.trimmedBelow) return false;
    const segment = this.chain.from(timestamp);
    return segment === undefined || segment.last < timestamp || segment.birth > timestamp;
  }

  /** False for entries that were trimmed, or taken from the end. */
  shows(region: RegionLog, position: number, timestamp: number): boolean {
    if (timestamp < this.trimmedBelow) return false;
    const segment = this.chain.numbered(region.hidden?.number ?? -1);
    return segment !== undefined && position < segment.tail;
  }

  /**
   * The region that an append goes to if that has room, without a look at anything that `makeRoom` has not looked at; undefined if there is
   * something to look at. What concerns the region itself, an append to it finds out.
   */
  get ready(): RegionLog | undefined {
    const { chain, journal } = this;
    const { end } = chain;
    if (end === undefined || !end.follows || end.cut !== undefined) return undefined;
    return journal.isFreed || journal.state.cuts !== chain.cuts ? undefined : end.region;
  }

  /**
   * Makes room for an entry: begins a further segment if it does not fit behind the last one. What is then to be stored in the region is the
   * leader with the payload behind it.
   *
   * @param size bytes of the payload
   * @param blocking true if the caller cannot wait for slots that are open
   * @throws VARVE_FULL if the stream has no room for a further segment, VARVE_BUSY if a slot is open and the caller cannot wait, and what
   * an allocation throws
   */
  makeRoom(size: number, blocking: boolean, produced?: Produced): { region: RegionLog; leader: Uint8Array } {
    this.core.assertWritable();
    this.assertThere();
    const leader = produced === undefined ? this.leaderNow().bytes : encodeLeader(this.#now(), produced);
    const bytes = leader.length + size;
    for (;;) {
      if (this.journal.state.cuts !== this.chain.cuts) this.renew();
      const { end } = this.chain;
      if (end !== undefined && takes(end, bytes)) {
        if (!end.follows) this.#letFollow(end, blocking);
        return { region: end.region, leader };
      }
      if (blocking) end?.region.appender.reservations.awaitNone();
      // While others were waited for, they may have begun a further segment.
      if (this.chain.end === end) this.roll(bytes);
    }
  }

  /** Begins a further segment, which an entry of `bytes` fits in; or learns that another thread has. */
  roll(bytes: number): void {
    const { core, chain } = this;
    const size = roundUp(Math.max(this.options.segmentSize, strideOf(bytes)), core.prefix.header.blockSize);
    if (chain.next > SEGMENT_MAX) throw logFull(core, this.name, bytes - LEADER, size);
    const number = chain.next;
    try {
      const steps = allocate(core, size, segmentName(this.name, number));
      chain.append(number, core.tasks.runSync(core.guarded(steps)));
    } catch (error) {
      const code = error instanceof VarveError ? error.code : undefined;
      if (code === 'VARVE_FULL' && !makeSpace(this)) throw logFull(core, this.name, bytes - LEADER, size);
      if (code !== 'VARVE_FULL' && code !== 'VARVE_EXISTS') throw error;
      this.follow();
      this.renew();
      return;
    }
    this.renew();
    this.rolled();
  }

  /**
   * What is appended to a segment comes behind everything that was reserved in the one before it, and all of that is durable by then: else a crash
   * could take the end of that one, and leave what stands behind it here.
   */
  #letFollow(segment: Segment, blocking: boolean): void {
    const before = this.chain.before(segment)?.region;
    if (before !== undefined && blocking) {
      before.appender.reservations.awaitNone();
      this.#makeDurable(before);
    } else if (before !== undefined) {
      holdBack(segment.region.appender.reservations, before.appender.reservations, () =>
        this.#makeDurable(before),
      );
    }
    segment.follows = true;
  }

  /** Blocks for one drain, if not everything in the region was persisted anyway. */
  #makeDurable(region: RegionLog): void {
    const { persister } = this.core;
    region.catchUp();
    if (region.entries > 0 && !persister.isPersisted(region.lastTimestamp)) persister.persistSync();
  }

  /** What an entry without a producer that is appended now has before its payload. */
  leaderNow(): PlainLeader {
    const time = this.#now();
    if (time !== this.#leader.time) this.#leader = new PlainLeader(time);
    return this.#leader;
  }

  /** Milliseconds since 1970, never less than an entry was given before, as far as this thread knows. */
  #now(): number {
    if (this.#time === 0) this.#time = this.#newestStart();
    const now = Date.now();
    if (now > this.#time) this.#time = now;
    return this.#time;
  }

  /** The time of the first entry of the newest segment that has any: no earlier one has a later. */
  #newestStart(): number {
    const newest = this.chain.segments.findLast(({ entries }) => entries > 0);
    return newest === undefined ? 0 : (startOf(newest)?.time ?? 0);
  }
}

/** True if `bytes` with a leader before them fit behind what a segment holds. */
function takes({ cut, region }: Segment, bytes: number): boolean {
  return cut === undefined && region.appender.available >= bytes;
}

/** Keeps `places` from being committed until all places `before` are settled, and durable. */
function holdBack(places: Places, before: Places, makeDurable: () => void): void {
  let barrier: Place | undefined;
  let free = false;
  before.whenNone(() => {
    free = true;
    if (barrier === undefined) {
      makeDurable();
      return;
    }
    try {
      makeDurable();
    } catch {
      // Whoever settled the last place is not to blame. What cannot be made durable is acknowledged to nobody.
    }
    if (barrier.state === 'open') places.cancel(barrier);
  });
  if (!free) barrier = places.reserve(0);
}
