import { REGION } from './board.js';
import type { Threads } from './threads.js';

/**
 * Which threads expect to learn what became of their places in a region: another one may commit them. As long as one that lives does, a segment
 * of a log is not freed, for it would never know whether its entry was there.
 */
export class Expectations {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #threads: Threads;
  /** This thread's bit, and the word that it is in. */
  readonly #word: number;
  readonly #bit: number;
  #mine = false;

  /** @param line first word of the region's line */
  constructor(words: Int32Array, line: number, threads: Threads) {
    this.#words = words;
    this.#at = line + REGION.expecting;
    this.#threads = threads;
    this.#word = this.#at + (threads.line >>> 5);
    this.#bit = 1 << (threads.line & 31);
  }

  /** This thread expects something from now on. */
  begin(): void {
    if (this.#mine) return;
    this.#mine = true;
    Atomics.or(this.#words, this.#word, this.#bit);
  }

  /** It does not any more. */
  end(): void {
    if (this.#mine) this.clear();
  }

  /** The same, whatever a thread before it, in its line, has expected. */
  clear(): void {
    this.#mine = false;
    Atomics.and(this.#words, this.#word, ~this.#bit);
  }

  /** True if a thread that lives does. */
  get any(): boolean {
    return this.#anyIn(0) || this.#anyIn(1);
  }

  #anyIn(word: number): boolean {
    const bits = Atomics.load(this.#words, this.#at + word);
    for (let i = 0; bits >>> i !== 0 && i < 32; i++) {
      if (((bits >>> i) & 1) === 1 && this.#threads.isAliveIn(32 * word + i)) return true;
    }
    return false;
  }
}
