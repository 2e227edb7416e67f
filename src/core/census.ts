import { TIMESTAMP_SUPPLY } from '../format/layout.js';
import type { StreamState } from '../format/state.js';
import type { Found } from './find-entries.js';

/** Timestamps that most recoveries get along with. */
const FEW = 512;
/** Bytes for all timestamps that there can be between checkpoint and limit. */
const ALL = TIMESTAMP_SUPPLY + 2;
/** An entry was found that ends something: itself, or a transaction. */
const ENDS = 1;
/** A part of a transaction was found that goes on with the next timestamp. */
const GOES_ON = 2;

/**
 * Which of the timestamps behind a checkpoint were found. Each of them was given to exactly one entry, so that where none is missing, all
 * entries were found.
 */
export class Census {
  #base: number;
  /** By distance from the checkpoint; as long as it had to be. */
  #found = new Uint8Array(FEW);
  /** Up to here none is missing; it may be in the midst of a transaction. */
  #dense: number;
  #sure: number;
  #certified: number;
  #newest = 0;

  constructor(state: StreamState) {
    this.#base = state.checkpoint;
    this.#dense = state.checkpoint;
    this.#sure = state.checkpoint;
    this.#certified = state.checkpoint;
  }

  /**
   * Everything up to here was persisted, as the checkpoint or some valid entry says. That is rounded down, so that it may be said of a part of a
   * transaction: all of it was, then.
   */
  get certified(): number {
    while (this.#found[this.#certified - this.#base] === GOES_ON) this.certify(this.#certified + 1);
    return this.#certified;
  }

  /** Every entry up to here can be seen: it was certified, or none is missing before it. Never in the midst of a transaction, as far as that is known. */
  get sure(): number {
    let sure = this.#dense;
    while (sure > this.#sure && this.#found[sure - this.#base] === GOES_ON) sure--;
    this.#sure = Math.max(this.#sure, sure);
    return this.#sure;
  }

  /** The greatest timestamp of those that can be seen. */
  get newest(): number {
    return this.#newest;
  }

  /** An entry counts as one that can be seen. */
  took(timestamp: number): void {
    this.#newest = Math.max(this.#newest, timestamp);
  }

  /** Notes entries, and what they say was persisted. */
  note({ runs, goingOn, certified }: Found): void {
    for (let i = 0; i < runs.length; i += 2) this.#noteRun(runs[i] as number, runs[i + 1] as number, ENDS);
    for (const timestamp of goingOn) this.#noteRun(timestamp, timestamp, GOES_ON);
    this.#goOn();
    this.certify(certified);
  }

  /** Notes what all timestamps from `first` to `last` are of. */
  #noteRun(first: number, last: number, what: number): void {
    const from = Math.max(first - this.#base, 1);
    // A reader that is so far behind learns of a further checkpoint before it needs this one.
    const to = Math.min(last - this.#base, ALL - 1);
    if (from > to) return;
    if (to >= this.#found.length) this.#makeRoom();
    this.#found.fill(what, from, to + 1);
  }

  /** Notes that everything up to `timestamp` is persisted, as an entry says. */
  certify(timestamp: number): void {
    if (timestamp <= this.#certified) return;
    this.#certified = timestamp;
    this.#raise(timestamp);
  }

  /** A further checkpoint was made: what lies before it does not count any more. */
  rebase(checkpoint: number): void {
    const step = checkpoint - this.#base;
    if (step <= 0) return;
    const kept = Math.max(0, this.#found.length - step);
    this.#found.copyWithin(0, step);
    this.#found.fill(0, kept);
    this.#base = checkpoint;
    this.#certified = Math.max(this.#certified, checkpoint);
    this.#raise(checkpoint);
  }

  /** The timestamps at or below `limit` that should have been found and were not. */
  missing(limit: number): number[] {
    const missing: number[] = [];
    for (let timestamp = this.#notFound(this.#base + 1); timestamp <= limit; ) {
      missing.push(timestamp);
      timestamp = this.#notFound(timestamp + 1);
    }
    return missing;
  }

  /** The first timestamp from `timestamp` on, which lies behind the checkpoint, that was not found. */
  #notFound(timestamp: number): number {
    const distance = timestamp - this.#base;
    const found = this.#found.indexOf(0, distance);
    return this.#base + (found === -1 ? Math.max(distance, this.#found.length) : found);
  }

  #raise(timestamp: number): void {
    if (timestamp > this.#dense) this.#dense = timestamp;
    this.#goOn();
  }

  #goOn(): void {
    this.#dense = this.#notFound(this.#dense + 1) - 1;
  }

  #makeRoom(): void {
    const all = new Uint8Array(ALL);
    all.set(this.#found);
    this.#found = all;
  }
}
