import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY } from '../format/layout.js';
import type { Medium } from '../media/medium.js';
import type { RegionLog } from './region-log.js';
import type { Span } from './search.js';

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

  /**
   * @param span timestamps that were given out since the checkpoint
   * @param reach bytes behind the end of a region in which entries are searched for
   */
  constructor(medium: Medium, span: Span, reach: number) {
    this.#medium = medium;
    this.#span = span;
    this.#reach = reach - (reach % 8);
    this.#bytes = new Uint8Array(medium.glimpse === undefined ? 0 : this.#reach);
    this.#words = new Uint32Array(this.#bytes.buffer);
  }

  /** False also where it is not certain: whoever looks closer finds out. */
  includes({ tail, length, lastTimestamp, slot }: RegionLog): boolean {
    if (tail + ENTRY.header > length) return true;
    const bytes = Math.min(length - tail, this.#reach);
    if (!this.#read(slot.record.offset + tail, bytes)) return false;
    const words = this.#words;
    const next = strideAt(words, 0);
    if (next >= bytes && tail + next + ENTRY.header <= length) return false;
    const timestamp = timestampAt(words, 0);
    if (timestamp >= lastTimestamp && timestamp < this.#span.below && !this.#isZero()) return false;
    return !this.#hasEntry((bytes - ENTRY.header) / 4);
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

  /** Zeroes are no header: no checksum starts at zero. */
  #isZero(): boolean {
    const words = this.#words;
    return words[0] === 0 && words[1] === 0 && words[2] === 0 && words[3] === 0;
  }

  /** True if an entry may begin behind the first place, up to the word `last`. */
  #hasEntry(last: number): boolean {
    const words = this.#words;
    const { after, below } = this.#span;
    for (let word = 2; word <= last; word += 2) {
      const timestamp = timestampAt(words, word);
      if (timestamp > after && timestamp < below) return true;
    }
    return false;
  }
}
