import { Signal } from '../signal.js';
import { BOARD } from './board.js';

/**
 * Wakes those of this thread who wait for something new in any thread. It looks at the number of news before they look for what is new, and
 * waits for that number to change: so nothing that comes in between is missed. A commit costs one load more as long as nobody waits.
 */
export class NewsPump {
  readonly #words: Int32Array;
  readonly #signal = new Signal();
  #running = false;

  constructor(words: Int32Array) {
    this.#words = words;
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
    Atomics.store(this.#words, BOARD.waiting, 0);
    Atomics.add(this.#words, BOARD.news, 1);
    Atomics.notify(this.#words, BOARD.news);
    this.#signal.notify();
  }

  /** The same, if somebody waits. */
  tellIfAwaited(): void {
    if (Atomics.load(this.#words, BOARD.waiting) !== 0) this.tell();
  }

  /** In this order: who clears `waiting` after it was set counts `news` up afterwards, which then is not what was seen. */
  #arm(): number {
    const seen = Atomics.load(this.#words, BOARD.news);
    Atomics.store(this.#words, BOARD.waiting, 1);
    return seen;
  }

  async #run(seen: number): Promise<void> {
    for (;;) {
      await Atomics.waitAsync(this.#words, BOARD.news, seen).value;
      seen = this.#arm();
      if (!this.#signal.awaited) break;
      this.#signal.notify();
    }
    this.#running = false;
  }
}
