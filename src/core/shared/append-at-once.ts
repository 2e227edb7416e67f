import { ENTRY } from '../../format/layout.js';
import type { Window } from '../../media/window.js';
import { NOWHERE } from '../appender.js';
import { observe, REGION, UNIT, UNIT_SHIFT } from './board.js';
import type { Committer } from './committer.js';
import type { GroupCommit } from './group.js';
import type { SharedLog } from './shared-log.js';
import type { Sharing } from './sharing.js';

// By names of this file the words are constants to the compiler; looked up in another module, or its object, they are not.
const { changing: CHANGING, lock: LOCK, reserved: RESERVED, tail: TAIL } = REGION;
const { header: HEADER } = ENTRY;
const BYTES = UNIT;
const SHIFT = UNIT_SHIFT;
const NOT_HERE = NOWHERE;

/** Longer payloads are not copied while all threads wait for the commit lock. Bytes. */
const SHORT = 256;

/**
 * What nearly all appends to a region of a shared stream are: an entry that fits behind the last one. Whatever needs a second thought is left to the
 * long way, which `SharedLog` is.
 */
export class AppendAtOnce {
  /** Takes stores to the region, from where this thread appended first; undefined as long as nobody has gone the long way. */
  window: Window | undefined;
  readonly #log: SharedLog;
  readonly #line: number;
  readonly #words: Int32Array;
  readonly #sharing: Sharing;
  readonly #committer: Committer;
  readonly #group: GroupCommit;
  /** True if what is persisted is flushed under the region's lock. */
  readonly #flushes: boolean;

  constructor(log: SharedLog, sharing: Sharing) {
    this.#log = log;
    this.#line = log.line;
    this.#words = sharing.board.words;
    this.#sharing = sharing;
    this.#committer = sharing.committer;
    this.#group = sharing.group;
    this.#flushes = sharing.group.flushes;
  }

  /**
   * Returns where; `NOWHERE`, and nothing has happened, if that needs a second thought.
   *
   * @param persists true if it is made durable at once, where that takes no longer than an append
   */
  append(data: Uint8Array, persists: boolean): number {
    const { window } = this;
    if (window === undefined) return NOT_HERE;
    if (persists && this.#flushes) return this.#appendLong(data, window, true);
    return data.length <= SHORT ? this.#appendShort(data, window) : this.#appendLong(data, window, false);
  }

  /**
   * Under the commit lock alone, while nobody has the region's: who takes that looks at the commit lock afterwards, so at least one of the two sees
   * the other.
   */
  #appendShort(data: Uint8Array, window: Window): number {
    const committer = this.#committer;
    const size = data.length;
    let timestamp = 0;
    committer.enter();
    const end = observe(this.#words, this.#line + LOCK) === 0 ? this.#endOf(size, window) : 0;
    const position = end - (HEADER + size + (-size & 7));
    try {
      if (end !== 0) {
        window.bytes.set(data, position - window.start + HEADER);
        timestamp = committer.commitHeld(this.#line, window, position, size, end, undefined);
      }
    } catch (error) {
      committer.abandon();
      throw error;
    }
    committer.leaveWithNews();
    if (timestamp === 0) return NOT_HERE;
    this.#group.touched(this.#log, timestamp);
    this.#committed(window, timestamp, end);
    return position;
  }

  /** Under the region's lock, and the commit lock only to commit it. */
  #appendLong(data: Uint8Array, window: Window, persists: boolean): number {
    const log = this.#log;
    const size = data.length;
    log.take();
    try {
      const end = this.#endOf(size, window);
      if (end === 0) return NOT_HERE;
      const position = end - (HEADER + size + (-size & 7));
      window.bytes.set(data, position - window.start + HEADER);
      const timestamp = this.#committer.commit(this.#line, window, position, size, end, undefined);
      if (timestamp === 0) return NOT_HERE;
      // Compared with a word, since the compiler does not know that this is nothing but true or false.
      if (persists === true) this.#group.persistHeld(log, window, timestamp);
      else this.#group.touched(log, timestamp);
      this.#committed(window, timestamp, end);
      return position;
    } finally {
      log.lock.release();
    }
  }

  /** Where an entry behind the last one ends; 0 if it cannot simply be put there. */
  #endOf(size: number, window: Window): number {
    const words = this.#words;
    const line = this.#line;
    const tail = words[line + TAIL] as number;
    const end = tail * BYTES + HEADER + size + (-size & 7);
    if (end > window.end || words[line + RESERVED] !== tail || words[line + CHANGING] !== 0) return 0;
    const { region } = this.#log;
    return this.#sharing.steady && region.freed === false && region.ended === false ? end : 0;
  }

  #committed(window: Window, timestamp: number, end: number): void {
    const log = this.#log;
    log.lastTimestamp = timestamp;
    log.newestWindow = window;
    this.#sharing.committed(log, end >>> SHIFT);
  }
}
