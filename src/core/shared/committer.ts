import { highWord } from '../../format/entry.js';
import { ENTRY, Form, GAP, LAG_UNKNOWN } from '../../format/layout.js';
import type { Window } from '../../media/window.js';
import type { Clock } from '../clock.js';
import { BOARD, type Board, heldTimestamp, REGION, readTimestamp, storeTimestamp, UNIT } from './board.js';
import { Earlier } from './earlier.js';
import { SharedLock } from './lock.js';
import type { RegionList } from './region-list.js';
import type { Threads } from './threads.js';

/** With more dirty regions than this a commit does not look at each of them. */
const FEW = 8;

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
    this.#lock = new SharedLock(board.words, BOARD.commitLock, threads);
    this.#clock = clock;
    this.#dirty = board.dirty;
    this.#unmarked = board.unmarked;
    this.earlier = new Earlier(board.words);
    this.#wasWritten = wasWritten;
  }

  /** The newest timestamp given out; every entry up to it can be seen. */
  get last(): number {
    return readTimestamp(this.#words, BOARD.last);
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
      const timestamp = heldTimestamp(words, BOARD.last) + 1;
      if (timestamp >= this.#clock.limit && !this.#isSupplied(timestamp)) return 0;
      this.#surveyEarlier(region, timestamp - 1);
      const used = position + ENTRY.header + size + (-size & 7);
      const form = end - used === GAP ? Form.entryAndGap : Form.entry;
      storeHeader(window, position, size, timestamp, this.#highWord(timestamp, form));
      if (end - used >= ENTRY.header) storeFiller(window, used, end, timestamp);
      this.#note(region, end, (words[region + REGION.entries] as number) + 1, timestamp);
      if (through !== undefined) this.#write(region, through, window, position, end);
      words[BOARD.redo] = region;
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
      storeFiller(window, position, end, heldTimestamp(words, BOARD.last));
      this.#note(region, end, words[region + REGION.entries] as number, 0);
      if (through !== undefined) this.#write(region, through, window, position, end);
      words[BOARD.redo] = region;
      this.#apply();
    } finally {
      this.#lock.release();
    }
  }

  /** Has readers of other processes told how far everything is durable, where there can be some. */
  tellDurable(): void {
    if (this.onDurable !== undefined) this.settleDurable();
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
    let durable = heldTimestamp(words, BOARD.last);
    this.#dirty.prune((region) => {
      if (Atomics.load(words, region + REGION.durable) === words[region + REGION.tail]) return false;
      const pending = heldTimestamp(words, region + REGION.pending);
      if (pending !== 0) durable = Math.min(durable, pending - 1);
      return true;
    });
    durable = Math.max(durable, heldTimestamp(words, BOARD.persisted));
    storeTimestamp(words, BOARD.persisted, durable);
    this.onDurable?.(durable);
    return durable;
  }

  /** Mostly the region that is appended to is the only dirty one, and what it has is durable by now. */
  #surveyEarlier(region: number, last: number): void {
    const words = this.#words;
    const { earlier } = this;
    const dirty = this.#dirty.length;
    earlier.clear();
    if (dirty === 1 && words[region + REGION.dirty] === 1) {
      if (words[region + REGION.durable] === words[region + REGION.tail])
        storeTimestamp(words, BOARD.persisted, last);
    } else if (dirty > FEW) {
      earlier.giveUp();
    } else if (dirty > 0) {
      this.raiseDurable();
      for (let i = 0; i < this.#dirty.length; i++) {
        const other = this.#dirty.at(i);
        if (other !== region) earlier.add(other);
      }
    }
  }

  /** Another thread may have got a further supply. */
  #isSupplied(timestamp: number): boolean {
    this.#clock.limit = heldTimestamp(this.#words, BOARD.limit);
    return timestamp < this.#clock.limit;
  }

  #highWord(timestamp: number, form: number): number {
    const clock = this.#clock;
    if ((timestamp & NOW_AND_THEN) === 0) clock.persistedUpTo(heldTimestamp(this.#words, BOARD.persisted));
    if (timestamp > clock.wordUntil) clock.refreshWord(timestamp);
    return form === Form.entry ? clock.word : (clock.word | highWord(0, form, 0)) >>> 0;
  }

  /** Writes down what `redo` and `intent` speak of. */
  #note(region: number, end: number, entries: number, timestamp: number): void {
    const words = this.#words;
    words[BOARD.commit] = region;
    words[BOARD.commit + 1] = end / UNIT;
    words[BOARD.commit + 2] = entries;
    words[BOARD.commit + 3] = timestamp | 0;
    words[BOARD.commit + 4] = Math.floor(timestamp / 2 ** 32);
  }

  #write(region: number, through: WriteThrough, window: Window, position: number, end: number): void {
    const words = this.#words;
    storeTimestamp(words, BOARD.ground, through.offset);
    words[BOARD.ground + 2] = through.seed | 0;
    words[BOARD.intent] = region;
    try {
      through.writeThrough(window, position, end);
    } catch (error) {
      words[BOARD.intent] = 0;
      throw error;
    }
  }

  #intended(region: number): Written {
    const words = this.#words;
    const offset = heldTimestamp(words, BOARD.ground);
    return {
      from: offset + (words[region + REGION.tail] as number) * UNIT,
      to: offset + (words[BOARD.commit + 1] as number) * UNIT,
      seed: (words[BOARD.ground + 2] as number) >>> 0,
      // A filler has the last one that was given out.
      timestamp: heldTimestamp(words, BOARD.commit + 3) || heldTimestamp(words, BOARD.last),
    };
  }

  #mend(): void {
    const words = this.#words;
    const intended = words[BOARD.intent] as number;
    if (words[BOARD.redo] === 0 && intended !== 0) {
      if (this.#wasWritten(this.#intended(intended))) words[BOARD.redo] = intended;
    }
    words[BOARD.intent] = 0;
    if (words[BOARD.redo] !== 0) this.#apply();
  }

  /** Does what `redo` says; doing it twice is doing it once. */
  #apply(): void {
    const words = this.#words;
    const region = words[BOARD.commit] as number;
    const tail = words[BOARD.commit + 1] as number;
    const timestamp = heldTimestamp(words, BOARD.commit + 3);
    words[region + REGION.entries] = words[BOARD.commit + 2] as number;
    if (words[region + REGION.durable] === words[region + REGION.tail]) {
      storeTimestamp(words, region + REGION.pending, timestamp);
    } else if (timestamp !== 0 && heldTimestamp(words, region + REGION.pending) === 0) {
      // So far there were only fillers, which promise nothing.
      storeTimestamp(words, region + REGION.pending, timestamp);
    }
    this.#dirty.add(region);
    this.#unmarked.add(region);
    if (words[region + REGION.reserved] === words[region + REGION.tail])
      words[region + REGION.reserved] = tail;
    if (timestamp !== 0) storeTimestamp(words, region + REGION.last, timestamp);
    Atomics.store(words, region + REGION.tail, tail);
    if (timestamp !== 0) storeTimestamp(words, BOARD.last, timestamp);
    words[BOARD.redo] = 0;
    words[BOARD.intent] = 0;
  }
}

/** A filler has the last timestamp that was given out before it. */
function storeFiller(window: Window, position: number, end: number, timestamp: number): void {
  const high = highWord(timestamp, Form.filler, LAG_UNKNOWN);
  storeHeader(window, position, end - position - ENTRY.header, timestamp, high);
}

/** Stores the three words that a commit knows. The fourth, the checksum's, comes with the seal: until then the mark of a reserved place may stand there. */
function storeHeader(window: Window, position: number, size: number, timestamp: number, high: number): void {
  const word = (position - window.start) / 4;
  window.words[word] = size;
  window.words[word + ENTRY.lowWord] = timestamp >>> 0;
  window.words[word + ENTRY.highWord] = high;
}
