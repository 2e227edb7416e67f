import type { Window } from '../../media/window.js';
import {
  BOARD,
  type Board,
  DIRTY,
  heldTimestamp,
  observe,
  publish,
  REGION,
  storeTimestamp,
  UNIT,
  UNIT_SHIFT,
} from './board.js';
import type { RegionList } from './region-list.js';

// By names of this file the words are constants to the compiler; looked up in another module's object they are not.
const { commit: COMMIT, ground: GROUND, intent: INTENT, last: NEWEST, redo: REDO } = BOARD;
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
  readonly #unmarked: RegionList;
  readonly #wasWritten: WasWritten;

  constructor(board: Board, wasWritten: WasWritten) {
    this.#words = board.words;
    this.#dirty = board.dirty;
    this.#unmarked = board.unmarked;
    this.#wasWritten = wasWritten;
  }

  /** True while an entry is being written that does not count yet, or a transaction is carried out. Needs no lock. */
  get isIntended(): boolean {
    return observe(this.#words, INTENT) !== 0;
  }

  /** Writes down what `redo` and `intent` speak of. */
  note(region: number, end: number, entries: number, timestamp: number): void {
    const words = this.#words;
    words[COMMIT] = region;
    words[COMMIT + 1] = end >>> UNIT_SHIFT;
    words[COMMIT + 2] = entries;
    words[COMMIT + 3] = timestamp | 0;
    words[COMMIT + 4] = Math.floor(timestamp / 2 ** 32);
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
    if (words[REDO] !== 0) this.#apply();
  }

  /** From here on what was noted counts. */
  carryOut(): void {
    this.#words[REDO] = this.#words[COMMIT] as number;
    this.#apply();
  }

  /** Does what `redo` says; doing it twice is doing it once. */
  #apply(): void {
    const words = this.#words;
    const timestamp = heldTimestamp(words, COMMIT + 3);
    this.advance(
      words[COMMIT] as number,
      words[COMMIT + 1] as number,
      words[COMMIT + 2] as number,
      timestamp,
      timestamp,
    );
    if (timestamp !== 0) storeTimestamp(words, NEWEST, timestamp);
    words[REDO] = 0;
    words[INTENT] = 0;
  }

  /**
   * Moves a region's end.
   *
   * @param tail in units of 8 bytes
   * @param first the first timestamp of what is committed: that of a whole transaction; 0 if it has none
   * @param last that of the region's last entry, if this is one
   */
  advance(region: number, tail: number, entries: number, first: number, last: number): void {
    const words = this.#words;
    const before = words[region + TAIL] as number;
    words[region + ENTRIES] = entries;
    this.#notePending(region, before, first);
    const dirty = this.#dirty.add(region);
    words[dirty + DIRTY_TAIL] = tail;
    words[dirty + DIRTY_LIFE] = words[region + LIFE] as number;
    this.#unmarked.add(region);
    if (words[region + RESERVED] === before) words[region + RESERVED] = tail;
    if (last !== 0) storeTimestamp(words, region + LAST, last);
    publish(words, region + TAIL, tail);
  }

  #notePending(region: number, tail: number, timestamp: number): void {
    const words = this.#words;
    const at = region + PENDING;
    // Where there were only fillers so far, which promise nothing, it is the first, too.
    const first = words[region + DURABLE] === tail || (timestamp !== 0 && heldTimestamp(words, at) === 0);
    if (first) storeTimestamp(words, at, timestamp);
  }
}
