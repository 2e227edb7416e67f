import { Signal } from '../signal.js';
import { BOARD } from './board.js';
import type { Committer } from './committer.js';
import type { Threads } from './threads.js';

/**
 * Wakes those of this thread who wait for something new in any thread. It looks at the number of news before they look for what is new, and
 * waits for that number to change: so nothing that comes in between is missed. A commit costs one load more as long as nobody waits: that somebody
 * does is said, and looked for, under the commit lock.
 */
export class NewsPump {
  readonly #words: Int32Array;
  readonly #committer: Committer;
  readonly #threads: Threads;
  readonly #signal = new Signal();
  #running = false;

  constructor(words: Int32Array, committer: Committer, threads: Threads) {
    this.#words = words;
    this.#committer = committer;
    this.#threads = threads;
    committer.onAwaited = () => this.tell();
  }

  /** Resolves when it is time to look again. The first time is at once: from then on nothing is missed. */
  next(): Promise<void> {
    if (this.#running) return this.#signal.next();
    this.#running = true;
    void this.#run(this.#arm());
    return Promise.resolve();
  }

  /** Wakes those who wait in this thread only. */
  wakeOwn(): void {
    this.#signal.notify();
  }

  /** Wakes those who wait in any thread. */
  tell(): void {
    Atomics.add(this.#words, BOARD.news, 1);
    Atomics.notify(this.#words, BOARD.news);
    this.#signal.notify();
  }

  #arm(): number {
    this.#committer.enter();
    const seen = Atomics.load(this.#words, BOARD.news);
    this.#words[BOARD.waiting] = 1;
    this.#committer.leave();
    return seen;
  }

  async #run(seen: number): Promise<void> {
    try {
      for (;;) {
        await Atomics.waitAsync(this.#words, BOARD.news, seen).value;
        // Who is out must not take a lock.
        if (this.#threads.left) break;
        seen = this.#arm();
        if (!this.#signal.awaited) break;
        this.#signal.notify();
      }
    } catch {
      // What a dead thread has left and cannot be done now: those who wait look for themselves, and are told.
      this.#signal.notify();
    }
    this.#running = false;
  }
}
