import { Census } from './census.js';
import type { LiveState } from './follower.js';
import type { Prefix } from './prefix.js';

/**
 * How far a reader knows the writer of another process to have come: by what that says of itself, where it can be heard, and by what stands
 * on the medium: the state's checkpoint, what entries certify, and that no timestamp is missing in between.
 */
export class Horizon {
  readonly census: Census;
  readonly #prefix: Prefix;
  /** What the writer has said stays true, also when it cannot be heard any more. */
  #said = 0;
  /** And so does what was found while there was none. */
  #all = 0;

  constructor(prefix: Prefix) {
    this.#prefix = prefix;
    this.census = new Census(prefix.state);
  }

  /** All entries up to `limit` that will ever be found are. Returns up to where that matters. */
  foundAll(limit: number): number {
    this.#all = Math.max(this.#all, Math.min(this.newestSeen, limit));
    return Math.max(this.#said, this.#all);
  }

  /** Learns of further checkpoints. */
  lookAtState(): void {
    this.#prefix.refresh();
    this.stateRead();
  }

  /** The state was read again. */
  stateRead(): void {
    this.census.rebase(this.#prefix.state.checkpoint);
  }

  /** Every entry up to this timestamp can be seen by a look that begins now. */
  sure(live: LiveState | undefined): number {
    return Math.max(this.whole(live), this.#all);
  }

  /** Every transaction up to this timestamp is there as a whole. What a crash has left of another one is never shown. */
  whole(live: LiveState | undefined): number {
    this.#hear(live);
    return Math.max(this.census.sure, this.#said);
  }

  /** Every entry up to this timestamp is persisted. */
  durable(live: LiveState | undefined): number {
    this.#hear(live);
    return this.census.certified;
  }

  /** The newest entry that was seen, or is known to be there. */
  newestCommitted(live: LiveState | undefined): number {
    return Math.max(this.newestSeen, this.#newest(this.sure(live)));
  }

  /** The newest entry that is persisted with all before it. */
  newestPersisted(live: LiveState | undefined): number {
    return this.#newest(this.durable(live));
  }

  get newestSeen(): number {
    return Math.max(this.census.newest, this.#prefix.state.newest);
  }

  #hear(live: LiveState | undefined): void {
    if (live === undefined) return;
    this.#said = Math.max(this.#said, live.committed);
    this.census.certify(live.persisted);
  }

  /** After a crash no entry has the timestamps up to the checkpoint that were not given out before. */
  #newest(timestamp: number): number {
    const { checkpoint, newest } = this.#prefix.state;
    return timestamp <= checkpoint ? newest : timestamp;
  }
}
