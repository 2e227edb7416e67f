import { encodeLag, highWord } from '../../format/entry.js';
import { ENTRY, Form, GAP, LAG_UNKNOWN } from '../../format/layout.js';
import type { Window } from '../../media/window.js';
import type { Clock } from '../clock.js';
import {
  BOARD,
  type Board,
  DIRTY,
  heldTimestamp,
  observe,
  publish,
  REGION,
  readTimestamp,
  storeTimestamp,
  UNIT,
  UNIT_SHIFT,
} from './board.js';
import { Earlier, FEW } from './earlier.js';
import { SharedLock } from './lock.js';
import type { RegionList } from './region-list.js';
import type { Threads } from './threads.js';

// By names of this file the words are constants to the compiler; looked up in another module's object they are not.
const {
  commit: COMMIT,
  commitLock: COMMIT_LOCK,
  ground: GROUND,
  intent: INTENT,
  last: NEWEST,
  limit: LIMIT,
  persisted: PERSISTED,
  redo: REDO,
} = BOARD;
const {
  durable: DURABLE,
  entries: ENTRIES,
  last: LAST,
  life: LIFE,
  pending: PENDING,
  reserved: RESERVED,
  tail: TAIL,
} = REGION;
const { life: DIRTY_LIFE, tail: DIRTY_TAIL } = DIRTY;

/** An entry says how far everything was durable as of one in so many commits: a power of two, less 1. */
const NOW_AND_THEN = 7;

/** What a commit needs of the region where storing alone does not take bytes to where other threads can read them. */
export interface WriteThrough {
  /** Where on the medium the region begins, in bytes. */
  readonly offset: number;
  /** Of its checksums. */
  readonly seed: number;
  /** Called with the header in place, before the commit counts. It may throw: then nothing has happened. */
  writeThrough(window: Window, position: number, end: number): void;
}

/** What a thread was about to write when it died: [from, to) of the medium. */
export interface Written {
  readonly from: number;
  readonly to: number;
  readonly seed: number;
  readonly timestamp: number;
}

/** True if that is there, and whole. */
export type WasWritten = (written: Written) => boolean;

/**
 * Gives out timestamps, and moves the ends of regions: the one thing that the threads of a stream do one after the other. Whoever commits holds
 * the region's lock; the commit lock is held for some twenty stores.
 *
 * A commit counts from the store into `redo` on. A thread that dies before it has done nothing; one that dies behind it has done everything,
 * as the next holder of the lock does it once more. Where entries are written, whole and with their checksums, before they count, `intent` says so before:
 * whoever finds a dead thread's intent looks whether the entry is there, as then its timestamp is taken.
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
  readonly #unmarked: RegionList;
  readonly #wasWritten: WasWritten;

  /** @param clock this thread's: it knows the header words that go with the next timestamps */
  constructor(board: Board, threads: Threads, clock: Clock, wasWritten: WasWritten) {
    this.#words = board.words;
    this.#lock = new SharedLock(board.words, COMMIT_LOCK, threads);
    this.#clock = clock;
    this.#dirty = board.dirty;
    this.#unmarked = board.unmarked;
    this.earlier = new Earlier(board.words, board.dirty);
    this.#wasWritten = wasWritten;
  }

  /** The newest timestamp given out; every entry up to it can be seen. */
  get last(): number {
    return readTimestamp(this.#words, NEWEST);
  }

  /** Takes the commit lock: until `leave` nothing is committed in any thread. */
  enter(): void {
    if (this.#lock.acquire() === 'abandoned') this.#mend();
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
      this.#note(region, end, (words[region + ENTRIES] as number) + 1, timestamp);
      if (through !== undefined) this.#write(region, through, window, position, end);
      words[REDO] = region;
      this.#apply();
      this.#clock.last = timestamp;
      return timestamp;
    } finally {
      this.#lock.release();
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
      this.#note(region, end, words[region + ENTRIES] as number, 0);
      if (through !== undefined) this.#write(region, through, window, position, end);
      words[REDO] = region;
      this.#apply();
    } finally {
      this.#lock.release();
    }
  }

  /**
   * Waits for an entry that is being written before it counts: readers of other processes may have seen it. What its thread did not come to do
   * any more is done here.
   */
  awaitIntent(): void {
    if (observe(this.#words, INTENT) === 0) return;
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

  /** Writes down what `redo` and `intent` speak of. */
  #note(region: number, end: number, entries: number, timestamp: number): void {
    const words = this.#words;
    words[COMMIT] = region;
    words[COMMIT + 1] = end >>> UNIT_SHIFT;
    words[COMMIT + 2] = entries;
    words[COMMIT + 3] = timestamp | 0;
    words[COMMIT + 4] = Math.floor(timestamp / 2 ** 32);
  }

  #write(region: number, through: WriteThrough, window: Window, position: number, end: number): void {
    const words = this.#words;
    storeTimestamp(words, GROUND, through.offset);
    words[GROUND + 2] = through.seed | 0;
    words[INTENT] = region;
    try {
      through.writeThrough(window, position, end);
    } catch (error) {
      words[INTENT] = 0;
      throw error;
    }
  }

  #intended(region: number): Written {
    const words = this.#words;
    const offset = heldTimestamp(words, GROUND);
    return {
      from: offset + (words[region + TAIL] as number) * UNIT,
      to: offset + (words[COMMIT + 1] as number) * UNIT,
      seed: (words[GROUND + 2] as number) >>> 0,
      // A filler has the last one that was given out.
      timestamp: heldTimestamp(words, COMMIT + 3) || heldTimestamp(words, NEWEST),
    };
  }

  #mend(): void {
    const words = this.#words;
    const intended = words[INTENT] as number;
    if (words[REDO] === 0 && intended !== 0) {
      if (this.#wasWritten(this.#intended(intended))) words[REDO] = intended;
    }
    words[INTENT] = 0;
    if (words[REDO] !== 0) this.#apply();
  }

  /** Does what `redo` says; doing it twice is doing it once. */
  #apply(): void {
    const words = this.#words;
    const region = words[COMMIT] as number;
    const tail = words[COMMIT + 1] as number;
    const timestamp = heldTimestamp(words, COMMIT + 3);
    const before = words[region + TAIL] as number;
    words[region + ENTRIES] = words[COMMIT + 2] as number;
    this.#notePending(region, before, timestamp);
    const dirty = this.#dirty.add(region);
    words[dirty + DIRTY_TAIL] = tail;
    words[dirty + DIRTY_LIFE] = words[region + LIFE] as number;
    this.#unmarked.add(region);
    if (words[region + RESERVED] === before) words[region + RESERVED] = tail;
    if (timestamp !== 0) storeTimestamp(words, region + LAST, timestamp);
    publish(words, region + TAIL, tail);
    if (timestamp !== 0) storeTimestamp(words, NEWEST, timestamp);
    words[REDO] = 0;
    words[INTENT] = 0;
  }

  #notePending(region: number, tail: number, timestamp: number): void {
    const words = this.#words;
    const at = region + PENDING;
    // Where there were only fillers so far, which promise nothing, it is the first, too.
    const first = words[region + DURABLE] === tail || (timestamp !== 0 && heldTimestamp(words, at) === 0);
    if (first) storeTimestamp(words, at, timestamp);
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
