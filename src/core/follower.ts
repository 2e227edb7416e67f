import type { LivePlace } from '../media/live-file.js';
import { LiveReader, type Wakes } from '../media/live-reader.js';
import { Signal, unlessAborted } from './signal.js';

/** How long a reader waits before it looks again, where nothing tells it of news. Milliseconds. */
const LOOK_AGAIN = 20;
/** How long it waits at most where a watch tells it, or where no writer is known to be at work that would tell. */
const UNSURE = 1000;
/** How long where a writer that lives will wake it. */
const SURE = 2 ** 16;

/**
 * What the writer of another process says of its stream. All three only ever rise or change while one writer is at work; after a crash the
 * next one says the same or more.
 */
export interface LiveState {
  /** The newest timestamp that is persisted, with everything before it; 0 if there is none. */
  readonly persisted: number;
  /** Every entry up to this timestamp can be seen by a look that begins now; at least `persisted`. What lies above may be seen, too. */
  readonly committed: number;
  /**
   * Another number after each change of the region table (allocate, clear, free; a new writer), stored after the records were and before the
   * first entry of a new region or life counts as committed. What it was when the table was read at opening is not known.
   */
  readonly structure: number;
}

/**
 * The reader's side: what the writer of another process says, and when it says something new. Writers wake readers; but one that blocks its
 * thread in the midst of a burst may not have got to it, and one that cannot be heard says nothing. So those who wait look for
 * themselves, too: after 1 ms, 2, 4, 8, …, ever more seldom as long as nothing happens.
 */
export class Follower {
  readonly #place: LivePlace | undefined;
  readonly #signal = new Signal();
  #live: LiveReader | undefined;
  #nextTry = 0;
  /** What was said when those who wait now had yet to look. */
  #known = '';
  #patience = 1;
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(place: LivePlace | undefined) {
    this.#place = place;
  }

  /** As it is now; undefined where nobody says anything, so that only looking at the stream helps. */
  get state(): LiveState | undefined {
    const live = this.#opened();
    if (live === undefined || !live.load()) return undefined;
    const { persisted, committed, structure } = live;
    return { persisted, committed, structure };
  }

  /**
   * Resolves when it is time to look at the stream: at once if anything was said since those who waited last went to look. So whoever looks
   * and then calls this misses nothing, provided that he does not wait for anything else in between.
   */
  async news(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted === true || this.#closed || this.#hasNews()) return;
    this.#waiting++;
    try {
      if (this.#timer === undefined) this.#wait();
      await unlessAborted(this.#signal.next(), signal);
    } finally {
      if (--this.#waiting === 0) this.#rest();
    }
  }

  close(): void {
    this.#closed = true;
    this.#live?.close();
    this.#live = undefined;
    this.#rest();
    this.#signal.notify();
  }

  /** Those who wait keep the process alive by the timer; what else wakes them does not. */
  #wait(): void {
    const wakes = this.#live?.wait() ?? 'no';
    // A watch tells nothing of what happened before it.
    const late = wakes === 'watch' && this.#hasNews();
    const most = this.#mostPatience(wakes);
    this.#timer = setTimeout(() => this.#lookAgain(), late ? 0 : Math.min(this.#patience, most));
    this.#patience = Math.min(2 * this.#patience, SURE);
  }

  #mostPatience(wakes: Wakes): number {
    if (wakes === 'no') return LOOK_AGAIN;
    return wakes === 'futex' && this.#live?.hasWriter === true ? SURE : UNSURE;
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #lookAgain(): void {
    this.#timer = undefined;
    if (this.#live?.gone === true) this.#forget();
    this.#hasNews();
    this.#signal.notify();
  }

  #told(): void {
    if (this.#waiting === 0) return;
    this.#rest();
    this.#hasNews();
    // Even if that is no news: another one who came to wait may have heard it before those who wait already.
    this.#signal.notify();
  }

  /** True if something else is said than the last time. */
  #hasNews(): boolean {
    const live = this.#opened();
    if (live === undefined) return false;
    if (!live.load()) {
      this.#forget();
      return true;
    }
    const said = `${live.news} ${live.structure} ${live.persisted} ${live.committed}`;
    if (said === this.#known) return false;
    this.#known = said;
    this.#patience = 1;
    return true;
  }

  #forget(): void {
    this.#live?.close();
    this.#live = undefined;
    this.#known = '';
  }

  #opened(): LiveReader | undefined {
    if (this.#live !== undefined || this.#place === undefined || this.#closed) return this.#live;
    const now = performance.now();
    if (now < this.#nextTry) return undefined;
    this.#nextTry = now + LOOK_AGAIN;
    this.#live = LiveReader.open(this.#place);
    if (this.#live !== undefined) this.#live.onNews = () => this.#told();
    return this.#live;
  }
}
