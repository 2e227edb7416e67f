import { encodeLag, highWord } from '../../format/entry.js';
import { ENTRY, Form, GAP, LAG_UNKNOWN } from '../../format/layout.js';
import type { Window } from '../../media/window.js';
import type { Clock } from '../clock.js';
import { headerOf, type Part } from '../transaction.js';
import { BOARD, type Board, heldTimestamp, observe, REGION, readTimestamp, storeTimestamp } from './board.js';
import { CommitRecord, type WasWritten, type WriteThrough } from './commit-record.js';
import { Earlier, FEW } from './earlier.js';
import { SharedLock } from './lock.js';
import type { RegionList } from './region-list.js';
import type { Threads } from './threads.js';
import { type SealOnMedium, type Share, TransactionRecord } from './transaction-record.js';

// By names of this file the words are constants to the compiler; looked up in another module's object they are not.
const { commitLock: COMMIT_LOCK, last: NEWEST, limit: LIMIT, persisted: PERSISTED } = BOARD;
const { durable: DURABLE, entries: ENTRIES, pending: PENDING, tail: TAIL } = REGION;

/** An entry says how far everything was durable as of one in so many commits: a power of two, less 1. */
const NOW_AND_THEN = 7;

/**
 * Gives out timestamps, and moves the ends of regions: the one thing that the threads of a stream do one after the other. Whoever commits holds
 * the region's lock; the commit lock is held for some twenty stores.
 */
export class Committer {
  /** Told, with the lock held, how far everything is durable. */
  onDurable: ((timestamp: number) => void) | undefined;
  /** What had come before this thread's last commit and was not durable then. */
  readonly earlier: Earlier;
  readonly #words: Int32Array;
  readonly #lock: SharedLock;
  readonly #clock: Clock;
  readonly #dirty: RegionList;
  readonly #record: CommitRecord;
  readonly #together: TransactionRecord;

  /** @param clock this thread's: it knows up to where timestamps may be given out */
  constructor(
    board: Board,
    threads: Threads,
    clock: Clock,
    wasWritten: WasWritten,
    sealOnMedium: SealOnMedium,
  ) {
    this.#words = board.words;
    this.#lock = new SharedLock(board.words, COMMIT_LOCK, threads);
    this.#clock = clock;
    this.#dirty = board.dirty;
    this.#record = new CommitRecord(board, wasWritten);
    this.#together = new TransactionRecord(board, this.#record, sealOnMedium);
    this.earlier = new Earlier(board.words, board.dirty);
  }

  /** The newest timestamp given out; every entry up to it can be seen. */
  get last(): number {
    return readTimestamp(this.#words, NEWEST);
  }

  /** Takes the commit lock: until `leave` nothing is committed in any thread. */
  enter(): void {
    if (this.#lock.acquire() === 'abandoned') this.#mend();
  }

  #mend(): void {
    if (this.#together.isUnderWay) this.#carryOut(() => this.#together.finish());
    else this.#record.mend();
  }

  /** What counts but cannot be done now is left to whoever takes the lock next, as by a thread that died. */
  #carryOut(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#lock.abandon();
      throw error;
    }
  }

  leave(): void {
    this.#lock.release();
  }

  /**
   * Commits the entry whose payload stands in `window` behind `position`, and fills what is left up to `end`. Returns its timestamp; 0 if a
   * further supply of timestamps is needed first.
   *
   * @param region first word of the region's line
   * @param end where the next entry will begin
   */
  commit(
    region: number,
    window: Window,
    position: number,
    size: number,
    end: number,
    through: WriteThrough | undefined,
  ): number {
    const words = this.#words;
    this.enter();
    try {
      const timestamp = heldTimestamp(words, NEWEST) + 1;
      if (timestamp >= this.#clock.limit && !this.#isSupplied(timestamp)) return 0;
      this.earlier.survey(region);
      const used = position + ENTRY.header + size + (-size & 7);
      const form = end - used === GAP ? Form.entryAndGap : Form.entry;
      storeHeader(window, position, size, timestamp, this.#highWord(timestamp, form));
      if (end - used >= ENTRY.header) storeFiller(window, used, end, timestamp);
      this.#record.note(region, end, (words[region + ENTRIES] as number) + 1, timestamp);
      if (through !== undefined) this.#record.write(region, through, window, position, end);
      this.#record.carryOut();
      this.#clock.last = timestamp;
      return timestamp;
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Commits the entries of a transaction, whose payloads stand behind the tails of their regions. Returns the first one's timestamp; 0 if a further
   * supply of timestamps is needed first.
   *
   * @param parts the entries in their order
   * @param written true if other threads see what was stored only once it is written
   */
  commitTogether(parts: readonly Part[], shares: readonly Share[], written: boolean): number {
    this.enter();
    const first = this.#prepare(parts, shares, written);
    if (first === 0) return 0;
    this.#carryOut(() => this.#together.carryOut());
    this.#lock.release();
    this.#clock.last = first + parts.length - 1;
    return first;
  }

  /** What it throws, and a transaction for which there are no timestamps, gives the lock up. */
  #prepare(parts: readonly Part[], shares: readonly Share[], written: boolean): number {
    let counts = false;
    try {
      const first = heldTimestamp(this.#words, NEWEST) + 1;
      const last = first + parts.length - 1;
      if (last >= this.#clock.limit && !this.#isSupplied(last)) return 0;
      this.earlier.survey(0);
      this.#storeHeaders(parts, first, last);
      this.#together.note(shares, first, last);
      if (written) this.#together.write(shares);
      counts = true;
      return first;
    } finally {
      if (!counts) this.#lock.release();
    }
  }

  #storeHeaders(parts: readonly Part[], first: number, last: number): void {
    const persisted = this.raiseDurable();
    for (const [i, part] of parts.entries()) {
      const { window, position, size } = part;
      const timestamp = first + i;
      part.timestamp = timestamp;
      const high =
        parts.length > 1
          ? headerOf(timestamp, last, persisted)
          : highWord(timestamp, Form.entry, encodeLag(timestamp - 1 - persisted));
      storeHeader(window, position, size, timestamp, high);
    }
  }

  /** Commits a filler over [position, end), which has no timestamp of its own. */
  fill(
    region: number,
    window: Window,
    position: number,
    end: number,
    through: WriteThrough | undefined,
  ): void {
    const words = this.#words;
    this.enter();
    try {
      storeFiller(window, position, end, heldTimestamp(words, NEWEST));
      this.#record.note(region, end, words[region + ENTRIES] as number, 0);
      if (through !== undefined) this.#record.write(region, through, window, position, end);
      this.#record.carryOut();
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Waits for an entry that is being written before it counts: readers of other processes may have seen it. What its thread did not come to do
   * any more is done here.
   */
  awaitIntent(): void {
    if (!this.#record.isIntended) return;
    this.enter();
    this.leave();
  }

  /** Finds out how far everything is durable. */
  settleDurable(): void {
    this.enter();
    try {
      this.raiseDurable();
    } finally {
      this.#lock.release();
    }
  }

  /** The same, where the lock is held already. Returns the timestamp. */
  raiseDurable(): number {
    const words = this.#words;
    const dirty = this.#dirty;
    let durable = heldTimestamp(words, NEWEST);
    for (let place = 0; place < dirty.length; place++) {
      const region = words[dirty.wordsAt(place)] as number;
      if (this.#isDurable(region)) continue;
      const pending = heldTimestamp(words, region + PENDING);
      if (pending !== 0) durable = Math.min(durable, pending - 1);
    }
    if (dirty.length > FEW) dirty.prune((region) => !this.#isDurable(region));
    durable = Math.max(durable, heldTimestamp(words, PERSISTED));
    storeTimestamp(words, PERSISTED, durable);
    this.onDurable?.(durable);
    return durable;
  }

  #isDurable(region: number): boolean {
    return observe(this.#words, region + DURABLE) === this.#words[region + TAIL];
  }

  /** Another thread may have got a further supply. */
  #isSupplied(timestamp: number): boolean {
    this.#clock.limit = heldTimestamp(this.#words, LIMIT);
    return timestamp < this.#clock.limit;
  }

  #highWord(timestamp: number, form: number): number {
    const certifies = (timestamp & NOW_AND_THEN) === 0;
    const lag = certifies ? encodeLag(timestamp - 1 - this.raiseDurable()) : LAG_UNKNOWN;
    return highWord(timestamp, form, lag);
  }
}

/** A filler has the last timestamp that was given out before it. */
function storeFiller(window: Window, position: number, end: number, timestamp: number): void {
  const high = highWord(timestamp, Form.filler, LAG_UNKNOWN);
  storeHeader(window, position, end - position - ENTRY.header, timestamp, high);
}

/** Stores the three words that a commit knows. The fourth, the checksum's, comes with the seal: until then the mark of a reserved place may stand there. */
function storeHeader(window: Window, position: number, size: number, timestamp: number, high: number): void {
  const word = (position - window.start) >>> 2;
  window.words[word] = size;
  window.words[word + ENTRY.lowWord] = timestamp >>> 0;
  window.words[word + ENTRY.highWord] = high;
}
