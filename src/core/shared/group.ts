import type { Medium } from '../../media/medium.js';
import { BOARD, heldTimestamp, readTimestamp } from './board.js';
import { SharedLock } from './lock.js';
import type { Sealed, SharedLog } from './shared-log.js';
import type { Sharing } from './sharing.js';

/** How long a thread counts on the drain of another one before it drains itself: that thread may be stopped, or its disk slow. Milliseconds. */
const PATIENCE = 200;

/** What a drain that begins now makes durable. */
export interface Target {
  /** Everything up to this timestamp. */
  readonly timestamp: number;
  readonly parts: readonly Sealed[];
}

/**
 * Makes durable what the threads of a stream have committed. One drain serves all: who finds another thread draining waits for its end, and
 * drains only if that was not enough. The lock is for that alone. Two drains at once do no harm, as each thread has opens of the file of its own
 * and hence learns of every failure.
 */
export class GroupCommit {
  readonly #sharing: Sharing;
  readonly #medium: Medium;
  readonly #lock: SharedLock;
  /** Regions that this thread has committed to since it last made that durable. */
  #touched: SharedLog[] = [];
  /** True while a drain of this thread is under way. */
  #draining = false;

  constructor(sharing: Sharing, medium: Medium) {
    this.#sharing = sharing;
    this.#medium = medium;
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

  /** This thread has committed something to the region. */
  touched(log: SharedLog): void {
    if (log.touched || this.#medium.slow) return;
    log.touched = true;
    this.#touched.push(log);
  }

  /**
   * Makes durable what this thread itself has committed, up to `timestamp` at least, and what stands before that in the same regions. Where that is
   * a matter of cache lines, others may still be at work on entries with earlier timestamps in other regions.
   */
  persistOwn(timestamp: number): void {
    if (this.#medium.volatile) return;
    if (this.#medium.slow) {
      this.persistSync(timestamp);
      return;
    }
    const touched = this.#touched;
    if (touched.length === 1) (touched.pop() as SharedLog).persist(this.#medium);
    else this.#persistSeveral(touched.splice(0));
  }

  /** Makes everything up to `timestamp` durable, blocking. */
  persistSync(timestamp: number): void {
    const until = Date.now() + PATIENCE;
    while (this.durable < timestamp) {
      this.#sharing.assertSound();
      const mine = this.#mayDrain(until);
      if (mine === undefined) {
        this.#lock.freedSync();
        continue;
      }
      try {
        const target = this.seal();
        this.#medium.drainSync();
        this.reached(target);
      } finally {
        if (mine) this.#lock.release();
      }
    }
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
      if (mine === undefined) await this.#lock.freed();
      else await this.#drain(mine);
    }
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
    this.#touched = [];
    const logs = lines.map((line) => this.#sharing.logAt(line)).filter((log) => log !== undefined);
    return { timestamp, parts: logs.map((log) => log.seal()) };
  }

  /** A drain that began after `seal` has succeeded. */
  reached({ parts }: Target): void {
    for (const part of parts) part.log.drained(part);
    this.#sharing.committer.settleDurable();
  }

  /** True if this thread may drain and has the lock, false if it may without; undefined if it should wait for another one. */
  #mayDrain(until: number): boolean | undefined {
    if (this.#draining || Date.now() > until) return false;
    return this.#lock.tryAcquire() === undefined ? undefined : true;
  }

  async #drain(mine: boolean): Promise<void> {
    this.#draining = true;
    try {
      const target = this.seal();
      await this.#medium.drain();
      if (!this.#sharing.threads.left) this.reached(target);
    } finally {
      this.#draining = false;
      if (mine) this.#lock.release();
    }
  }

  #persistSeveral(logs: readonly SharedLog[]): void {
    const parts = logs.map((log) => log.seal());
    this.#medium.drainSync();
    for (const part of parts) part.log.drained(part);
  }
}
