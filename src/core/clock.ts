import { decodeLag, encodeLag, highWord } from '../format/entry.js';
import { Form } from '../format/layout.js';
import type { StreamState } from '../format/state.js';

const WORD = 2 ** 32;

/**
 * The stream's timestamps: which was given out last, up to which they are persisted, and the header word that goes with
 * the next ones.
 */
export class Clock {
  /** The last timestamp given out; after a crash, the last that may have been. */
  last: number;
  /** Every entry up to this timestamp is persisted. */
  persisted: number;
  /**
   * Last header word of the entries with timestamps up to `wordUntil`, as a signed number: V8 allocates memory for those from 2^31 on wherever they go. That ends where the lag needs another code, the
   * upper half of the timestamp changes, or the supply is used up; whatever else changes the lag sets it to 0.
   */
  word = 0;
  wordUntil = 0;
  #limit: number;
  /** The word of an entry with nothing unpersisted before it, and the timestamp at which it changes. */
  #high = 0;
  #highEnd = 0;
  #start: number;
  #newestAtStart: number;

  /** @param state of the stream when it was opened: counting goes on at its limit */
  constructor(state: StreamState) {
    this.#limit = state.limit;
    this.last = state.limit - 1;
    this.persisted = this.last;
    this.#start = this.last;
    this.#newestAtStart = state.newest;
  }

  /** Notes the newest entry that opening found; what follows has timestamps from the limit on. */
  foundNewest(timestamp: number): void {
    this.#newestAtStart = Math.max(this.#newestAtStart, timestamp);
  }

  /** What the clock of another thread has to know to go on with this one's count. */
  get start(): { readonly last: number; readonly newest: number } {
    return { last: this.#start, newest: this.#newestAtStart };
  }

  set start({ last, newest }: { readonly last: number; readonly newest: number }) {
    this.#start = last;
    this.#newestAtStart = newest;
    this.last = last;
    this.persisted = last;
    this.wordUntil = 0;
  }

  /**
   * Leaves out all timestamps up to this one, for entries that had theirs before they came here. A recovery misses them until the next checkpoint: only in a stream
   * that nobody sees before it is closed.
   */
  skipTo(timestamp: number): void {
    if (timestamp <= this.last) return;
    this.last = timestamp;
    this.wordUntil = 0;
  }

  /** No timestamp at or above this may be given out before a further supply is durable. */
  get limit(): number {
    return this.#limit;
  }

  set limit(limit: number) {
    if (limit < this.#limit) this.wordUntil = 0;
    this.#limit = limit;
  }

  /** Takes over what other threads have given out, made durable, and may give out. */
  pull(last: number, persisted: number, limit: number): void {
    this.last = last;
    this.limit = limit;
    this.persistedUpTo(persisted);
  }

  /** Timestamp of the newest entry that readers see. */
  get newestCommitted(): number {
    return this.last === this.#start ? this.#newestAtStart : this.last;
  }

  /** Timestamp of the newest entry that is persisted, along with all before it. */
  get newestPersisted(): number {
    return this.persisted === this.#start ? this.#newestAtStart : this.persisted;
  }

  /** True if a further supply of timestamps is needed before the next entry. */
  get exhausted(): boolean {
    return this.last + 1 >= this.#limit;
  }

  /** Computes `word` for `timestamp`, the next one, and as many behind it as share it. */
  refreshWord(timestamp: number): void {
    const code = encodeLag(timestamp - 1 - this.persisted);
    this.#high = highWord(timestamp, Form.entry, 0) | 0;
    this.#highEnd = (Math.floor(timestamp / WORD) + 1) * WORD;
    this.word = highWord(timestamp, Form.entry, code) | 0;
    this.wordUntil = Math.min(this.persisted + 1 + decodeLag(code), this.#highEnd - 1, this.#limit - 1);
  }

  /** Notes that every entry up to `timestamp` is persisted. */
  persistedUpTo(timestamp: number): void {
    if (timestamp <= this.persisted) return;
    this.persisted = timestamp;
    const next = timestamp + 1;
    if (timestamp === this.last && next < this.#highEnd && next < this.#limit) {
      // The way of those who persist each entry: the next one has the word of the last one.
      this.word = this.#high;
      this.wordUntil = next;
    } else {
      this.wordUntil = 0;
    }
  }
}
