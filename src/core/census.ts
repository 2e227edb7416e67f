import { TIMESTAMP_SUPPLY } from '../format/layout.js';
import type { StreamState } from '../format/state.js';

/** Timestamps that most recoveries get along with. */
const FEW = 512;
/** Bytes for all timestamps that there can be between checkpoint and limit. */
const ALL = TIMESTAMP_SUPPLY + 2;

/**
 * Which of the timestamps behind a checkpoint were found. Each of them was given to exactly one entry, so that where none is missing, all
 * entries were found.
 */
export class Census {
  #base: number;
  /** By distance from the checkpoint; as long as it had to be. */
  #found = new Uint8Array(FEW);
  #sure: number;
  #certified: number;
  /** The greatest timestamp found. */
  newest = 0;

  constructor(state: StreamState) {
    this.#base = state.checkpoint;
    this.#sure = state.checkpoint;
    this.#certified = state.checkpoint;
  }

  /** Everything up to here was persisted, as the checkpoint or some valid entry says. */
  get certified(): number {
    return this.#certified;
  }

  /** Every entry up to here can be seen: it was certified, or none is missing before it. */
  get sure(): number {
    return this.#sure;
  }

  note(timestamp: number): void {
    this.newest = Math.max(this.newest, timestamp);
    const distance = timestamp - this.#base;
    // A reader that is so far behind learns of a further checkpoint before it needs this one.
    if (distance <= 0 || distance >= ALL) return;
    if (distance >= this.#found.length) this.#makeRoom();
    this.#found[distance] = 1;
    if (timestamp === this.#sure + 1) this.#goOn();
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
    for (let i = 1; i <= limit - this.#base; i++) if (this.#found[i] !== 1) missing.push(this.#base + i);
    return missing;
  }

  #raise(timestamp: number): void {
    if (timestamp > this.#sure) this.#sure = timestamp;
    this.#goOn();
  }

  #goOn(): void {
    while (this.#found[this.#sure + 1 - this.#base] === 1) this.#sure++;
  }

  #makeRoom(): void {
    const all = new Uint8Array(ALL);
    all.set(this.#found);
    this.#found = all;
  }
}
