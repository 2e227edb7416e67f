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
  note({ timestamps, goingOn, certified }: Found): void {
    for (const timestamp of goingOn) this.#note(timestamp, GOES_ON);
    for (const timestamp of timestamps) this.#note(timestamp, ENDS);
    this.certify(certified);
  }

  #note(timestamp: number, what: number): void {
    const distance = timestamp - this.#base;
    // A reader that is so far behind learns of a further checkpoint before it needs this one.
    if (distance <= 0 || distance >= ALL) return;
    if (distance >= this.#found.length) this.#makeRoom();
    this.#found[distance] ||= what;
    if (timestamp === this.#dense + 1) this.#goOn();
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
    for (let timestamp = this.#base + 1; timestamp <= limit; timestamp++) {
      if (!this.#isFound(timestamp)) missing.push(timestamp);
    }
    return missing;
  }

  #raise(timestamp: number): void {
    if (timestamp > this.#dense) this.#dense = timestamp;
    this.#goOn();
  }

  #goOn(): void {
    while (this.#isFound(this.#dense + 1)) this.#dense++;
  }

  #isFound(timestamp: number): boolean {
    return (this.#found[timestamp - this.#base] ?? 0) !== 0;
  }

  #makeRoom(): void {
    const all = new Uint8Array(ALL);
    all.set(this.#found);
    this.#found = all;
  }
}
