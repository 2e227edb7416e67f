import { formOf, strideAt, timestampAt } from '../../format/entry.js';
import { ENTRY, Form } from '../../format/layout.js';
import { freshWindow, type Medium } from '../../media/medium.js';
import { BOARD, publish, REGION, readTimestamp, storeTimestamp, UNIT, UNIT_SHIFT } from './board.js';
import type { SharedLog } from './shared-log.js';

// By names of this file the words are constants to the compiler; looked up in another module's object they are not.
const { durable: DURABLE, pending: PENDING, sealed: SEALED } = REGION;
const NO_LIFE = -1;

/** What a thread has to make durable of a region: everything up to `to`, if it is still this life. */
export interface Sealed {
  readonly log: SharedLog;
  readonly life: number;
  /** Bytes. */
  readonly to: number;
  /** What comes behind `to`, also the transaction that it is a part of, has later timestamps. */
  readonly after: number;
}

/** How what several threads have committed to a region becomes durable. */
export class Durability {
  readonly #log: SharedLog;
  readonly #line: number;
  readonly #words: Int32Array;
  readonly #sealsItself: boolean;

  /** @param sealsItself true if entries are sealed and written before they count */
  constructor(log: SharedLog, words: Int32Array, sealsItself: boolean) {
    this.#log = log;
    this.#line = log.line;
    this.#words = words;
    this.#sealsItself = sealsItself;
  }

  /**
   * Writes again what is sealed and not known to be durable: a sync of another thread may have failed before this one opened the file, and then nobody
   * would tell it. The lock is held.
   */
  storeAgain(): void {
    const { extent } = this.#log.region;
    const durable = (this.#words[this.#line + DURABLE] as number) * UNIT;
    const sealed = (this.#words[this.#line + SEALED] as number) * UNIT;
    if (durable >= sealed) return;
    if (extent.put === undefined) extent.flush(durable, sealed);
    else extent.put(freshWindow(extent, durable, sealed - durable), durable, sealed);
  }

  /** Makes everything that is committed durable. Only where a drain takes no longer than an append: the lock is held meanwhile. */
  persist(medium: Medium): void {
    if (!this.#log.takeCurrent()) return;
    try {
      this.persistHeld(medium);
    } finally {
      this.#log.lock.release();
    }
  }

  /** The same for whoever holds the lock. */
  persistHeld(medium: Medium): void {
    const tail = this.#log.heldTail;
    this.#sealUpTo(tail);
    medium.drainSync();
    publish(this.#words, this.#line + DURABLE, tail >>> UNIT_SHIFT);
  }

  /**
   * Stores the checksums of all committed entries and gives to the next drain whatever is not known to be durable, also what other threads
   * have sealed and not drained yet.
   */
  seal(): Sealed {
    if (!this.#log.takeCurrent()) return { log: this.#log, life: NO_LIFE, to: 0, after: 0 };
    try {
      const tail = this.#log.heldTail;
      this.#sealUpTo(tail);
      return {
        log: this.#log,
        life: this.#log.life,
        to: tail,
        after: readTimestamp(this.#words, BOARD.last),
      };
    } finally {
      this.#log.lock.release();
    }
  }

  #sealUpTo(tail: number): void {
    const { region } = this.#log;
    const words = this.#words;
    const durable = (words[this.#line + DURABLE] as number) * UNIT;
    if (this.#sealsItself || durable === tail) return;
    const sealed = (words[this.#line + SEALED] as number) * UNIT;
    const window = region.extent.write(tail, 0);
    if (durable < sealed && window.flushesLines) region.extent.flush(durable, sealed);
    if (sealed < tail) region.host.kernel.seal(window, sealed, tail, region.seed);
    words[this.#line + SEALED] = tail >>> UNIT_SHIFT;
  }

  /** Notes that what was sealed is durable, unless the region has begun another life meanwhile. */
  drained({ life, to, after }: Sealed): void {
    const words = this.#words;
    const at = this.#line + DURABLE;
    this.#log.take();
    if (this.#log.life === life && to > (words[at] as number) * UNIT) {
      storeTimestamp(words, this.#line + PENDING, this.#firstBehind(to, after));
      publish(words, at, to >>> UNIT_SHIFT);
    }
    this.#log.lock.release();
  }

  /**
   * Timestamp of the first entry from `position` on, which follows an entry; 0 if there is none. Of a transaction it is not known where it began: only
   * that it was behind `after`. As nothing between them is told apart from it, none is ever persisted in part. The lock is held.
   */
  #firstBehind(position: number, after: number): number {
    const { extent } = this.#log.region;
    const tail = this.#log.heldTail;
    for (let at = position; at < tail; ) {
      const { words, start } = freshWindow(extent, at, ENTRY.header);
      const word = (at - start) >>> 2;
      const form = formOf(words[word + ENTRY.highWord] as number);
      if (form === Form.part) return after + 1;
      if (form !== Form.filler) return timestampAt(words, word);
      at += strideAt(words, word);
    }
    return 0;
  }
}
