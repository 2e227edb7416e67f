import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY } from '../format/layout.js';
import { firstWithin } from '../format/seek.js';
import type { Medium } from '../media/medium.js';
import type { RegionLog } from './region-log.js';
import type { Span } from './search.js';

/** Bytes that are read at a time, at most. */
const PIECE = 256 * 1024;

/**
 * Tells the regions that a recovery has nothing to do with: nothing begins at their ends, and nowhere in reach behind there is an entry since the
 * checkpoint. Of very many regions that is nearly all, and a short read is much cheaper than to open a part of the medium for each.
 */
export class Untouched {
  readonly #medium: Medium;
  readonly #span: Span;
  readonly #reach: number;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  /** What nearly everything that is read looks like: told by one comparison in C, where a loop would not be compiled yet. */
  readonly #zeroes: Uint8Array;

  /**
   * @param span timestamps that were given out since the checkpoint
   * @param reach bytes behind the end of a region in which entries are searched for
   */
  constructor(medium: Medium, span: Span, reach: number) {
    this.#medium = medium;
    this.#span = span;
    this.#reach = reach - (reach % 8);
    this.#bytes = new Uint8Array(medium.glimpse === undefined ? 0 : Math.min(this.#reach, PIECE));
    this.#words = new Uint32Array(this.#bytes.buffer);
    this.#zeroes = new Uint8Array(this.#bytes.length);
  }

  /** False also where it is not certain: whoever looks closer finds out. */
  includes({ tail, length, lastTimestamp, slot }: RegionLog): boolean {
    if (tail + ENTRY.header > length) return true;
    const bytes = Math.min(length - tail, this.#reach);
    const offset = slot.record.offset + tail;
    if (!this.#read(offset, Math.min(bytes, PIECE))) return false;
    const words = this.#words;
    const next = strideAt(words, 0);
    if (next >= bytes && tail + next + ENTRY.header <= length) return false;
    const timestamp = timestampAt(words, 0);
    if (timestamp >= lastTimestamp && timestamp < this.#span.below && !this.#isZero()) return false;
    return this.#isFree(offset, bytes);
  }

  /** True if no entry begins behind the first place of so many bytes, the first of which were read. A header may begin in one piece and end in the next. */
  #isFree(offset: number, bytes: number): boolean {
    const { after, below } = this.#span;
    for (let at = 0, first = 2; ; at += PIECE - 8, first = 0) {
      const length = Math.min(bytes - at, PIECE);
      if (at > 0 && !this.#read(offset + at, length)) return false;
      const last = (length - ENTRY.header) / 4;
      if (!this.#areZero(length) && firstWithin(this.#words, first, last, after, below) !== -1) return false;
      if (at + length === bytes) return true;
    }
  }

  #read(offset: number, length: number): boolean {
    try {
      this.#medium.glimpse?.(offset, this.#bytes.subarray(0, length));
      return this.#medium.glimpse !== undefined;
    } catch {
      // Where it cannot be read that way, the usual one says so.
      return false;
    }
  }

  #areZero(length: number): boolean {
    return Buffer.compare(this.#bytes.subarray(0, length), this.#zeroes.subarray(0, length)) === 0;
  }

  /** Zeroes are no header: no checksum starts at zero. */
  #isZero(): boolean {
    const words = this.#words;
    return words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0;
  }
}
