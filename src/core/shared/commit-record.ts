import type { Window } from '../../media/window.js';
import {
  BOARD,
  type Board,
  DIRTY,
  heldTimestamp,
  observe,
  publish,
  REGION,
  storeStamp,
  storeTimestamp,
  UNIT,
} from './board.js';
import type { RegionList } from './region-list.js';

// By names of this file the words are constants to the compiler; looked up in another module's object they are not.
const { commit: COMMIT, ground: GROUND, intent: INTENT, last: NEWEST, redo: REDO } = BOARD;
const {
  dirty: DIRTY_PLACE,
  durable: DURABLE,
  entries: ENTRIES,
  last: LAST,
  life: LIFE,
  pending: PENDING,
  reserved: RESERVED,
  tail: TAIL,
  unmarked: UNMARKED,
} = REGION;
const { life: DIRTY_LIFE, size: DIRTY_SIZE, tail: DIRTY_TAIL } = DIRTY;

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
 * The commit under way, as the board holds it: what it changes is noted first and then done, so that a thread that dies within it leaves nothing half
 * done. All under the commit lock.
 *
 * A commit counts from the store into `redo` on. Where entries are written, whole and with their checksums, before they count, `intent` says so before:
 * whoever finds a dead thread's intent looks whether the entry is there, as then its timestamp is taken.
 */
export class CommitRecord {
  readonly #words: Int32Array;
  readonly #dirty: RegionList;
  /** Where that begins. */
  readonly #dirtyAt: number;
  readonly #unmarked: RegionList;
  readonly #wasWritten: WasWritten;

  constructor(board: Board, wasWritten: WasWritten) {
    this.#words = board.words;
    this.#dirty = board.dirty;
    this.#dirtyAt = board.dirty.wordsAt(0);
    this.#unmarked = board.unmarked;
    this.#wasWritten = wasWritten;
  }

  /** True while an entry is being written that does not count yet, or a transaction is carried out. Needs no lock. */
  get isIntended(): boolean {
    return observe(this.#words, INTENT) !== 0;
  }

  /**
   * Writes down what `redo` and `intent` speak of.
   *
   * @param tail in units of 8 bytes
   * @param low of its timestamp; 0, and so is `high`, if it has none
   */
  note(region: number, tail: number, entries: number, low: number, high: number): void {
    const words = this.#words;
    words[COMMIT] = region;
    words[COMMIT + 1] = tail;
    words[COMMIT + 2] = entries;
    words[COMMIT + 3] = low;
    words[COMMIT + 4] = high;
  }

  /** Takes the entry to where other threads can read it; until the commit is applied that is only meant. */
  write(region: number, through: WriteThrough, window: Window, position: number, end: number): void {
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

  /** Ends what the last holder of the lock, who is dead, had begun. */
  mend(): void {
    const words = this.#words;
    const intended = words[INTENT] as number;
    if (words[REDO] === 0 && intended > 0) {
      if (this.#wasWritten(this.#intended(intended))) words[REDO] = intended;
    }
    words[INTENT] = 0;
    if (words[REDO] === 0) return;
    this.carryOut(
      words[COMMIT] as number,
      words[COMMIT + 1] as number,
      words[COMMIT + 2] as number,
      words[COMMIT + 3] as number,
      words[COMMIT + 4] as number,
    );
  }

  /** From here on what was noted counts, and is done; doing it twice is doing it once. */
  carryOut(region: number, tail: number, entries: number, low: number, high: number): void {
    const words = this.#words;
    words[REDO] = region;
    this.advance(region, tail, entries, low, high, low, high);
    if (low !== 0 || high !== 0) storeStamp(words, NEWEST, low, high);
    words[REDO] = 0;
    words[INTENT] = 0;
  }

  /**
   * Moves a region's end.
   *
   * @param tail in units of 8 bytes
   * @param firstLow of the first timestamp of what is committed: that of a whole transaction; 0, as `firstHigh`, if it has none
   * @param low of the timestamp of the region's last entry, if this is one
   */
  advance(
    region: number,
    tail: number,
    entries: number,
    firstLow: number,
    firstHigh: number,
    low: number,
    high: number,
  ): void {
    const words = this.#words;
    const before = words[region + TAIL] as number;
    words[region + ENTRIES] = entries;
    // Where there were only fillers so far, which promise nothing, it is the first, too.
    if (
      words[region + DURABLE] === before ||
      (words[region + PENDING] === 0 && words[region + PENDING + 1] === 0)
    )
      storeStamp(words, region + PENDING, firstLow, firstHigh);
    const place = words[region + DIRTY_PLACE] as number;
    const dirty = place === 0 ? this.#dirty.add(region) : this.#dirtyAt + (place - 1) * DIRTY_SIZE;
    words[dirty + DIRTY_TAIL] = tail;
    words[dirty + DIRTY_LIFE] = words[region + LIFE] as number;
    if (words[region + UNMARKED] === 0) this.#unmarked.add(region);
    if (words[region + RESERVED] === before) words[region + RESERVED] = tail;
    if (low !== 0 || high !== 0) storeStamp(words, region + LAST, low, high);
    publish(words, region + TAIL, tail);
  }
}
