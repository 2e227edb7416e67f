import type { Medium } from '../media/medium.js';
import { atExit, notAtExit } from './at-exit.js';
import type { Clock } from './clock.js';
import type { Herald } from './herald.js';
import { PersistAlone } from './persist-alone.js';
import { PersistTogether } from './persist-together.js';
import type { Persisting, PersistingHost } from './persisting.js';
import type { RegionLog } from './region-log.js';
import type { GroupCommit } from './shared/group.js';
import { Waiters } from './waiters.js';

/** How long something committed may wait for the background to make it durable. Milliseconds. */
const BACKGROUND_DELAY = 5;
/** How long a stream has to be left alone to be at rest. Milliseconds. */
const REST_DELAY = 1000;

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
export class Persister implements PersistingHost {
  /** Tells readers of other processes, where there can be some. */
  herald: Herald | undefined = undefined;
  readonly #medium: Medium;
  readonly #clock: Clock;
  readonly #host: PersisterHost;
  readonly #alone: PersistAlone;
  /** How it is done: alone, until other threads commit, too. */
  #persisting: Persisting;
  readonly #waiters = new Waiters();
  #hostWaits = false;
  /** True if somebody is to be told when something was persisted. */
  #awaited = false;
  #running = false;
  #wanted = false;
  #timer: NodeJS.Timeout | undefined;
  #restTimer: NodeJS.Timeout | undefined;
  readonly #persistAtExit = () => this.persistSync();
  /** Says why nothing is persisted any more. */
  #stopped: (() => Error) | undefined;

  constructor(medium: Medium, clock: Clock, host: PersisterHost) {
    this.#medium = medium;
    this.#clock = clock;
    this.#host = host;
    this.#alone = new PersistAlone(medium, clock, this);
    this.#persisting = this.#alone;
  }

  /** From now on other threads commit, too. Nothing is unpersisted. */
  share(group: GroupCommit): void {
    this.#persisting = new PersistTogether(group, this);
  }

  /** The region has entries to seal. */
  touched(region: RegionLog): void {
    this.#alone.touched(region);
  }

  /** Something is appended: the stream is not at rest. */
  noticeAppend(): void {
    if (this.#restTimer === undefined) this.#watchForRest();
  }

  /** Forgets a region that was freed or cleared; its entries were persisted before. */
  forget(region: RegionLog): void {
    this.#alone.forget(region);
  }

  /** Seals what was committed. Returns the timestamp up to which the next drain makes everything durable. */
  sealAll(): number {
    return this.#persisting.seal();
  }

  /** A drain that began after `sealAll` returned `timestamp` has succeeded. */
  reached(timestamp: number): void {
    this.#persisting.drained();
    this.settle(timestamp);
  }

  /** Persists what this thread has committed, with everything before it, and returns once it is. */
  persistOwn(): void {
    this.#persisting.persistOwn();
  }

  /** Persists everything committed, and returns once it is. */
  persistSync(): void {
    this.#persisting.persistSync();
  }

  settle(timestamp: number): void {
    this.#clock.persistedUpTo(timestamp);
    if (this.herald !== undefined) this.herald.announce();
    if (this.#awaited) this.#tell(timestamp);
  }

  failed(error: unknown): unknown {
    return this.#medium.failed === undefined ? error : this.#host.poison(error);
  }

  /** Has the host's `persisted` called once. */
  callWhenPersisted(): void {
    this.#hostWaits = true;
    this.#awaited = true;
  }

  /** Resolves once `timestamp`, which was committed just now, is persisted. The same promise serves all that share a drain. */
  whenAppended(timestamp: number): Promise<void> {
    this.#awaited = true;
    if (!this.#wanted) this.#want();
    return this.#waiters.add(timestamp);
  }

  /** True if everything up to `timestamp` is persisted. */
  isPersisted(timestamp: number): boolean {
    return this.#persisting.durable >= timestamp;
  }

  /** Resolves once everything up to `timestamp`, which was given out, is persisted. */
  async whenPersisted(timestamp: number): Promise<void> {
    if (this.#persisting.durable >= timestamp) return;
    if (this.#stopped !== undefined) throw this.#stopped();
    await this.#persisting.persistUpTo(timestamp);
  }

  nextGroup(): Promise<void> {
    return this.whenAppended(this.#clock.last);
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
    if (!this.#waiters.none) this.#waiters.rejectAll(reason());
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
        this.#waiters.close();
        await this.#persisting.persistGroup();
        if (!this.#waiters.none) this.#wanted = true;
      }
    } catch (error) {
      this.#wanted = false;
      this.#waiters.rejectAll(this.failed(error));
      this.soon();
    }
    this.#running = false;
  }

  #tell(timestamp: number): void {
    this.#waiters.resolveUpTo(timestamp);
    const hostWaits = this.#hostWaits;
    this.#hostWaits = false;
    this.#awaited = !this.#waiters.none;
    if (hostWaits) this.#host.persisted();
  }
}
