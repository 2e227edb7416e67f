import type { Medium } from '../media/medium.js';
import { atExit, notAtExit } from './at-exit.js';
import type { Clock } from './clock.js';
import type { Herald } from './herald.js';
import type { RegionLog } from './region-log.js';
import type { GroupCommit, Target } from './shared/group.js';

/** How long something committed may wait for the background to make it durable. Milliseconds. */
const BACKGROUND_DELAY = 5;
/** How long a stream has to be left alone to be at rest. Milliseconds. */
const REST_DELAY = 1000;

interface Waiting {
  timestamp: number;
  value: unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** What the persister tells its stream. */
export interface PersisterHost {
  /** A sync failed for good: nothing can be acknowledged any more. */
  poison(error: unknown): Error;
  /** Called once everything that was committed at `callWhenPersisted` is persisted. */
  persisted(): void;
  /** Called in the background when nothing was appended for a while. */
  atRest(): void;
}

/**
 * Makes durable what was committed, as one group at a time: while a drain is under way, the next group gathers. What
 * nobody waits for is persisted in the background, without keeping the process alive.
 */
export class Persister {
  /** Tells readers of other processes, where there can be some. */
  herald: Herald | undefined = undefined;
  readonly #medium: Medium;
  readonly #clock: Clock;
  readonly #host: PersisterHost;
  /** Regions with entries that are not sealed yet: the first `#dirtyCount`. An array that is emptied would be made anew each time. */
  readonly #dirty: RegionLog[] = [];
  #dirtyCount = 0;
  /** Those who wait, in the order of their timestamps. */
  #waiting: Waiting[] = [];
  #hostWaits = false;
  /** True if somebody is to be told when something was persisted. */
  #awaited = false;
  #running = false;
  #wanted = false;
  #timer: NodeJS.Timeout | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  readonly #persistAtExit = () => this.persistSync();
  /** Set once other threads commit, too. */
  #group: GroupCommit | undefined;
  /** What the drain under way makes durable of what all threads have committed. */
  #target: Target | undefined;
  /** Says why nothing is persisted any more. */
  #stopped: (() => Error) | undefined;

  constructor(medium: Medium, clock: Clock, host: PersisterHost) {
    this.#medium = medium;
    this.#clock = clock;
    this.#host = host;
  }

  /** From now on other threads commit, too. Nothing is unpersisted. */
  share(group: GroupCommit): void {
    this.#group = group;
  }

  /** The region has entries to seal. */
  touched(region: RegionLog): void {
    this.#dirty[this.#dirtyCount++] = region;
    this.noticeAppend();
  }

  /** Something is appended: the stream is not at rest. */
  noticeAppend(): void {
    if (this.#restTimer === undefined) this.#watchForRest();
  }

  /** Forgets a region that was freed or cleared; its entries were persisted before. */
  forget(region: RegionLog): void {
    if (!region.dirty) return;
    region.dirty = false;
    const index = this.#dirty.indexOf(region);
    this.#dirty[index] = this.#dirty[--this.#dirtyCount] as RegionLog;
  }

  /** Seals what was committed. Returns the timestamp up to which the next drain makes everything durable. */
  sealAll(): number {
    if (this.#group !== undefined) return this.#sealForAll(this.#group);
    const dirty = this.#dirty;
    for (let i = 0; i < this.#dirtyCount; i++) {
      const region = dirty[i] as RegionLog;
      region.seal();
      region.dirty = false;
    }
    this.#dirtyCount = 0;
    return this.#clock.last;
  }

  #sealForAll(group: GroupCommit): number {
    const timestamp = group.snapshot();
    this.#target = group.seal();
    return timestamp;
  }

  /**
   * Seals what was committed, where there is a crash to survive. Returns what `drainSync` takes. Where several threads append, it is
   * durable already when this returns.
   */
  prepare(): number {
    if (this.#group !== undefined) return this.#persistOwn(this.#group);
    return this.#medium.volatile ? this.#clock.last : this.sealAll();
  }

  /** Persists everything committed, and returns once it is. */
  persistSync(): void {
    if (this.#group !== undefined) {
      this.#persistAll(this.#group);
      return;
    }
    if (this.#clock.persisted !== this.#clock.last) this.drainSync(this.prepare());
  }

  /**
   * The second half of `persistSync`. What the caller does between the halves costs nothing on a medium that flushes cache
   * lines: they are on their way meanwhile.
   *
   * @param target what `prepare` returned
   */
  drainSync(target: number): void {
    if (this.#group !== undefined) return;
    try {
      this.#medium.drainSync();
    } catch (error) {
      throw this.#failed(error);
    }
    this.reached(target);
  }

  /** A drain that began after `sealAll` returned `timestamp` has succeeded. */
  reached(timestamp: number): void {
    if (this.#target !== undefined) this.#group?.reached(this.#target);
    this.#target = undefined;
    this.#settle(timestamp);
  }

  #settle(timestamp: number): void {
    this.#clock.persistedUpTo(timestamp);
    if (this.herald !== undefined) this.herald.announce();
    if (this.#awaited) this.#tell(timestamp);
  }

  /** Has the host's `persisted` called once. */
  callWhenPersisted(): void {
    this.#hostWaits = true;
    this.#awaited = true;
  }

  /** Resolves with `value` once `timestamp`, which was committed just now, is persisted. */
  whenAppended<T>(
    timestamp: number,
    value: T,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ): void {
    this.#waiting.push({ timestamp, value, resolve, reject });
    this.#awaited = true;
    if (!this.#wanted) this.#want();
  }

  /** Resolves once everything up to `timestamp`, which was given out, is persisted. */
  async whenPersisted(timestamp: number): Promise<void> {
    if (this.#group !== undefined) {
      await this.#persistShared(this.#group, timestamp);
      return;
    }
    if (this.#clock.persisted >= timestamp) return;
    if (this.#stopped !== undefined) throw this.#stopped();
    await new Promise<void>((resolve, reject) => {
      this.whenAppended(this.#clock.last, undefined, resolve, reject);
    });
  }

  /** Sees to it that what was committed becomes durable soon, though nobody waits. */
  soon(): void {
    if (this.#timer === undefined) this.#arm();
  }

  #arm(): void {
    if (this.#stopped !== undefined) return;
    this.#timer = setTimeout(() => this.#background(), BACKGROUND_DELAY).unref();
    atExit(this.#persistAtExit);
  }

  /** Ends all waiting with the error that `reason` makes; nothing is persisted any more. */
  stop(reason: () => Error): void {
    this.#stopped = reason;
    clearTimeout(this.#timer);
    clearTimeout(this.#restTimer);
    notAtExit(this.#persistAtExit);
    if (this.#waiting.length > 0) this.#reject(reason());
  }

  #background(): void {
    this.#timer = undefined;
    notAtExit(this.#persistAtExit);
    if (this.#clock.persisted < this.#clock.last) this.#want();
  }

  #watchForRest(): void {
    const { last } = this.#clock;
    this.#restTimer = setTimeout(() => {
      this.#restTimer = undefined;
      if (this.#clock.last !== last) this.#watchForRest();
      else this.#host.atRest();
    }, REST_DELAY).unref();
  }

  /** A group is persisted soon: not before this turn's microtasks, so that everything appended in one go shares a drain. */
  #want(): void {
    if (this.#stopped !== undefined) return;
    this.#wanted = true;
    if (this.#running) return;
    this.#running = true;
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (this.#wanted && this.#stopped === undefined) {
        this.#wanted = false;
        await this.#persistGroup();
        if (this.#waiting.length > 0) this.#wanted = true;
      }
    } catch (error) {
      this.#wanted = false;
      this.#reject(this.#failed(error));
      this.soon();
    }
    this.#running = false;
  }

  async #persistShared(group: GroupCommit, timestamp: number): Promise<void> {
    if (this.#stopped !== undefined && group.durable < timestamp) throw this.#stopped();
    try {
      await group.persist(timestamp);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #persistOwn(group: GroupCommit): number {
    try {
      if (group.persistOwn()) this.herald?.announce();
    } catch (error) {
      throw this.#failed(error);
    }
    return this.#clock.last;
  }

  #persistAll(group: GroupCommit): void {
    const { committed } = group;
    try {
      group.persistSync(committed);
    } catch (error) {
      throw this.#failed(error);
    }
    this.#settle(committed);
  }

  async #persistGroup(): Promise<void> {
    if (this.#group !== undefined) {
      // Not this thread's clock: another one may have committed what somebody here waits for.
      const target = this.#group.committed;
      await this.#group.persist(target);
      this.#settle(target);
      return;
    }
    const target = this.prepare();
    if (this.#medium.slow) await this.#medium.drain();
    else this.#medium.drainSync();
    this.reached(target);
  }

  #tell(timestamp: number): void {
    this.#resolveUpTo(timestamp);
    const hostWaits = this.#hostWaits;
    this.#hostWaits = false;
    this.#awaited = this.#waiting.length > 0;
    if (hostWaits) this.#host.persisted();
  }

  #resolveUpTo(timestamp: number): void {
    const waiting = this.#waiting;
    let count = 0;
    while (count < waiting.length && (waiting[count] as Waiting).timestamp <= timestamp) count++;
    this.#waiting = count === waiting.length ? [] : waiting.slice(count);
    for (let i = 0; i < count; i++) {
      const { resolve, value } = waiting[i] as Waiting;
      resolve(value as never);
    }
  }

  /** Those who wait learn that their entries are committed, but not durable. */
  #reject(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }

  #failed(error: unknown): unknown {
    return this.#medium.failed === undefined ? error : this.#host.poison(error);
  }
}
