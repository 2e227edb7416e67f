import { awaitWord } from './awake.js';
import { THREAD_LINES } from './board.js';
import { passTime } from './pass-time.js';
import type { Threads } from './threads.js';

/** Set in a lock's word while somebody sleeps for it. */
const SLEEPER = 0x40000000;
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
 * A lock between the threads of a process: 0, or the holder's number. It is not fair, so that a thread that runs keeps what it needs in its
 * caches, and it does not stay with a thread that dies: who waits takes it over and mends what it protects.
 */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #threads: Threads;
  readonly #me: number;

  /** @param at the lock's word */
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

  release(): void {
    if ((Atomics.exchange(this.#words, this.#at, 0) & SLEEPER) !== 0) {
      Atomics.notify(this.#words, this.#at);
    }
  }

  /** Leaves it behind as a thread does that dies: whoever takes it next has to mend what it protects. */
  abandon(): void {
    Atomics.store(this.#words, this.#at, NOBODY);
    Atomics.notify(this.#words, this.#at);
  }

  /** Resolves when another try may help. */
  async freed(): Promise<void> {
    const found = this.#announceSleeper();
    if (found === 0) return;
    await awaitWord(this.#words, this.#at, found, PATIENCE);
  }

  /** As `freed`, blocking. */
  freedSync(): void {
    const found = this.#announceSleeper();
    if (found !== 0) Atomics.wait(this.#words, this.#at, found, PATIENCE);
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

  /** Returns the word to sleep on; 0 if there is no need to. */
  #announceSleeper(): number {
    const found = Atomics.load(this.#words, this.#at);
    if (found === 0 || (found & SLEEPER) !== 0) return found;
    const seen = Atomics.compareExchange(this.#words, this.#at, found, found | SLEEPER);
    return seen === found ? found | SLEEPER : 0;
  }

  /** A lock that is this thread's own was left behind by something that threw. */
  #takeOver(found: number): Taking | undefined {
    const holder = found & ~SLEEPER;
    if (holder !== this.#me && this.#threads.isAlive(holder)) return undefined;
    const taken =
      Atomics.compareExchange(this.#words, this.#at, found, this.#me | (found & SLEEPER)) === found;
    return taken ? 'abandoned' : undefined;
  }
}
