import type { Medium } from '../../media/medium.js';
import { BOARD, heldTimestamp, readTimestamp } from './board.js';
import type { Sealed } from './durability.js';
import { SharedLock } from './lock.js';
import type { SharedLog } from './shared-log.js';
import type { Sharing } from './sharing.js';

/** How long a thread counts on the drain of another one before it drains itself: that thread may be stopped, or its disk slow. Milliseconds. */
const PATIENCE = 200;

/** How long who drains waits at most for those whom the drain before has served. Milliseconds. */
const GATHER = 0.12;

/** What a drain that begins now makes durable. */
export interface Target {
  /** Everything up to this timestamp. */
  readonly timestamp: number;
  readonly parts: readonly Sealed[];
}

const NOTHING: Target = { timestamp: 0, parts: [] };

/**
 * Makes durable what the threads of a stream have committed. One drain serves all: who finds another thread draining waits for its end, and
 * drains only if that was not enough. The lock is for that alone. Two drains at once do no harm, as each thread has opens of the file of its own
 * and hence learns of every failure.
 */
export class GroupCommit {
  readonly #sharing: Sharing;
  readonly #medium: Medium;
  /** True if a drain takes no longer than an append. */
  readonly #flushes: boolean;
  readonly #lock: SharedLock;
  /** Regions that this thread has committed to since it last made that durable. */
  #touched: SharedLog[] = [];
  /** The last timestamp of this thread's entries. */
  #newest = 0;
  /** True while a drain of this thread is under way. */
  #draining = false;

  constructor(sharing: Sharing, medium: Medium) {
    this.#sharing = sharing;
    this.#medium = medium;
    this.#flushes = !medium.slow && !medium.volatile;
    this.#lock = new SharedLock(sharing.board.words, BOARD.drainLock, sharing.threads);
  }

  /** The newest timestamp given out. */
  get committed(): number {
    return this.#sharing.committer.last;
  }

  /** Everything up to here is durable, as was last found out. */
  get durable(): number {
    if (this.#medium.volatile) return this.#sharing.committer.last;
    return readTimestamp(this.#sharing.board.words, BOARD.persisted);
  }

  /** This thread has committed something to the region, or another one has done it for it. */
  touched(log: SharedLog): void {
    this.#newest = log.lastTimestamp;
    if (log.touched || this.#medium.slow) return;
    log.touched = true;
    this.#touched.push(log);
  }

  /**
   * Makes durable what a region holds, if that takes no longer than an append: its lock is held, and then other threads need not wait for it twice.
   * If it fails, `persistOwn` will, too.
   */
  persistHeld(log: SharedLog): void {
    if (!this.#flushes) return;
    try {
      log.durability.persistHeld(this.#medium);
    } catch {
      return;
    }
    if (this.#touched.length !== 1 || this.#touched[0] !== log) return;
    this.#touched.pop();
    log.touched = false;
  }

  /** Makes durable what this thread has committed, with everything before it. False if that was another thread's work alone. */
  persistOwn(): boolean {
    if (this.#medium.volatile) return false;
    const newest = this.#newest;
    if (this.#flushes) {
      if (this.#touched.length > 0) this.#persistTouched();
      if (this.#sharing.committer.earlier.isSoonDurable()) {
        this.#sharing.acknowledged(newest);
        return true;
      }
    }
    return this.persistSync(newest);
  }

  /** Makes everything up to `timestamp` durable, blocking. False if another thread has done it. */
  persistSync(timestamp: number): boolean {
    const until = Date.now() + PATIENCE;
    let drained = false;
    while (this.durable < timestamp) {
      this.#sharing.assertSound();
      const mine = this.#mayDrain(until);
      if (mine === undefined) {
        this.#announceWaiter();
        this.#lock.freedSync();
      } else {
        this.#drainSync(mine);
        drained = true;
      }
    }
    return drained;
  }

  /** As `persistSync`, off the main thread where the medium is slow. */
  async persist(timestamp: number): Promise<void> {
    if (!this.#medium.slow) {
      this.persistSync(timestamp);
      return;
    }
    const until = Date.now() + PATIENCE;
    while (this.durable < timestamp) {
      this.#sharing.assertSound();
      const mine = this.#mayDrain(until);
      if (mine === undefined) {
        this.#announceWaiter();
        await this.#lock.freed();
      } else {
        await this.#drain(mine);
      }
    }
  }

  #announceWaiter(): void {
    Atomics.add(this.#sharing.board.words, BOARD.drainWaiters, 1);
  }

  /** Takes a snapshot for a checkpoint; returns the timestamp up to which it goes. */
  snapshot(): number {
    return this.#sharing.snapshot();
  }

  /** Seals everything committed in all threads. The next drain of this thread makes it durable. */
  seal(): Target {
    const { committer, board } = this.#sharing;
    committer.enter();
    const timestamp = heldTimestamp(board.words, BOARD.last);
    const lines = board.dirty.all();
    committer.leave();
    this.#takeTouched();
    const logs = lines.map((line) => this.#sharing.logAt(line)).filter((log) => log !== undefined);
    return { timestamp, parts: logs.map((log) => log.durability.seal()) };
  }

  /** A drain that began after `seal` has succeeded. */
  reached({ parts }: Target): void {
    for (const part of parts) part.log.durability.drained(part);
    this.#sharing.committer.settleDurable();
  }

  /** Those who were served by the last drain are mostly about to append again: without a moment for them each drain would serve one thread. */
  #gather(): void {
    const { committer, board } = this.#sharing;
    const { words } = board;
    const expected = (words[BOARD.drainServed] as number) + 1;
    if (expected === 1) return;
    const end = performance.now() + GATHER;
    while (
      (((committer.last | 0) - (words[BOARD.drainTarget] as number)) | 0) < expected &&
      performance.now() < end
    );
  }

  /** Gives the lock up, and writes down whom this drain has served. */
  #release({ timestamp }: Target): void {
    const { words } = this.#sharing.board;
    words[BOARD.drainServed] = Atomics.exchange(words, BOARD.drainWaiters, 0);
    words[BOARD.drainTarget] = timestamp | 0;
    this.#lock.release();
  }

  /** True if this thread may drain and has the lock, false if it may without; undefined if it should wait for another one. */
  #mayDrain(until: number): boolean | undefined {
    if (this.#draining || Date.now() > until) return false;
    return this.#lock.tryAcquire() === undefined ? undefined : true;
  }

  #drainSync(mine: boolean): void {
    let target: Target = NOTHING;
    try {
      if (mine && this.#medium.slow) this.#gather();
      target = this.seal();
      this.#medium.drainSync();
      this.reached(target);
    } finally {
      if (mine) this.#release(target);
    }
  }

  async #drain(mine: boolean): Promise<void> {
    this.#draining = true;
    let target: Target = NOTHING;
    try {
      target = this.seal();
      await this.#medium.drain();
      if (!this.#sharing.threads.left) this.reached(target);
    } finally {
      this.#draining = false;
      if (mine) this.#release(target);
    }
  }

  #takeTouched(): readonly SharedLog[] {
    const logs = this.#touched.splice(0);
    for (const log of logs) log.touched = false;
    return logs;
  }

  #persistTouched(): void {
    const logs = this.#takeTouched();
    if (logs.length === 1) {
      logs[0]?.durability.persist(this.#medium);
      return;
    }
    const parts = logs.map((log) => log.durability.seal());
    this.#medium.drainSync();
    for (const part of parts) part.log.durability.drained(part);
  }
}
