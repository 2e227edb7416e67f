import { awaitWord } from './awake.js';
import { observe, publish, THREAD_LINES } from './board.js';
import { passTime } from './pass-time.js';
import type { Threads } from './threads.js';

/** Where the word is, from a lock's own, that is 1 while somebody sleeps for it, or is about to. */
const SLEEPER = 1;
/**
 * How long one waits between two looks at a lock, in turns of `passTime`, from the shortest to the longest: so a thread that runs takes the lock
 * several times in a row, with everything in its caches.
 */
const SHORTEST = 64;
const LONGEST = 4096;
/** Turns before one goes to sleep, some 100 µs: a holder that runs gives it up in less, and waking somebody takes longer. */
const PATIENCE_TO_SLEEP = 300_000;
/** How long a sleeper waits before he looks whether the holder is alive. Milliseconds. */
const PATIENCE = 20;
/** In a lock that is left behind on purpose: the number of no thread, as it is made of the first line, which nobody has. */
const NOBODY = THREAD_LINES;

/** How a lock was taken. `abandoned`: the thread that had it died, or threw, in the midst of what it protects. */
export type Taking = 'free' | 'abandoned';

/**
 * A lock between the threads of a process: a word that is 0, or the holder's number, and one behind it for those who sleep. It is not fair, so that a thread that runs keeps what it needs in its
 * caches, and it does not stay with a thread that dies: who waits takes it over and mends what it protects.
 */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #threads: Threads;
  readonly #me: number;

  /** @param at the first of its two words */
  constructor(words: Int32Array, at: number, threads: Threads) {
    this.#words = words;
    this.#at = at;
    this.#threads = threads;
    this.#me = threads.me;
  }

  /** Takes it, and waits for it as long as its holder lives. */
  acquire(): Taking {
    return Atomics.compareExchange(this.#words, this.#at, 0, this.#me) === 0 ? 'free' : this.#wait();
  }

  /** Takes it if that can be done at once. */
  tryAcquire(): Taking | undefined {
    const found = Atomics.compareExchange(this.#words, this.#at, 0, this.#me);
    return found === 0 ? 'free' : this.#takeOver(found);
  }

  /**
   * Gives it up. On x64 by a plain store, which is in order with everything stored before; that it may still be on its way when the sleepers are
   * looked for is what `#announceSleeper` waits for.
   */
  release(): void {
    publish(this.#words, this.#at, 0);
    if (observe(this.#words, this.#at + SLEEPER) !== 0) this.#wake();
  }

  /** Leaves it behind as a thread does that dies: whoever takes it next has to mend what it protects. */
  abandon(): void {
    Atomics.store(this.#words, this.#at, NOBODY);
    this.#wake();
  }

  /** Resolves when another try may help. */
  async freed(): Promise<void> {
    if (this.#announceSleeper()) await awaitWord(this.#words, this.#at + SLEEPER, 1, PATIENCE);
  }

  /** As `freed`, blocking. */
  freedSync(): void {
    if (this.#announceSleeper()) Atomics.wait(this.#words, this.#at + SLEEPER, 1, PATIENCE);
  }

  #wait(): Taking {
    for (let pause = SHORTEST, spent = 0; spent < PATIENCE_TO_SLEEP; spent += pause) {
      passTime(pause);
      pause = Math.min(2 * pause, LONGEST);
      if (Atomics.load(this.#words, this.#at) !== 0) continue;
      if (Atomics.compareExchange(this.#words, this.#at, 0, this.#me) === 0) return 'free';
    }
    for (;;) {
      const taken = this.tryAcquire();
      if (taken !== undefined) return taken;
      this.freedSync();
    }
  }

  /**
   * False if there is no need to sleep. Who gives the lock up from now on finds the sleeper. Who has just done so may have looked before: what he
   * has stored arrives in the time that goes by here. If it took longer still, the sleeper would find out when he looks at the holder.
   */
  #announceSleeper(): boolean {
    Atomics.store(this.#words, this.#at + SLEEPER, 1);
    passTime(LONGEST);
    return Atomics.load(this.#words, this.#at) !== 0;
  }

  /** Sleepers that announce themselves while they are woken are not overlooked: they sleep for this word to change. */
  #wake(): void {
    Atomics.store(this.#words, this.#at + SLEEPER, 0);
    Atomics.notify(this.#words, this.#at + SLEEPER);
  }

  /** A lock that is this thread's own was left behind by something that threw. */
  #takeOver(found: number): Taking | undefined {
    if (found !== this.#me && this.#threads.isAlive(found)) return undefined;
    return Atomics.compareExchange(this.#words, this.#at, found, this.#me) === found
      ? 'abandoned'
      : undefined;
  }
}
