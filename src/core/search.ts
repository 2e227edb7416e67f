import { CrcRanges } from '../format/crc-ranges.js';
import { formOf, strideAt } from '../format/entry.js';
import { ENTRY, Form } from '../format/layout.js';
import { firstWithin } from '../format/seek.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';

/** Which timestamps are of interest: those above `after` and below `below`. */
export interface Span {
  after: number;
  below: number;
}

/** How many bytes may be checksummed of entries that reach beyond the piece they begin in; the last one may use up more than is left. */
export interface Allowance {
  bytes: number;
}

/**
 * Searches a piece of a region for entries where no chain leads to them, by trying every place at which one could begin. The time it takes is in proportion
 * to the piece, whatever lies there: a forger can make every word look like the header of a long entry.
 */
export class Search {
  readonly from: number;
  readonly to: number;
  readonly window: Window;
  readonly #region: RegionLog;
  readonly #limit: number;
  readonly #beyond: Allowance;
  /** Bytes that may still be checksummed one after the other; then `#ranges` takes over, which has to be made first. */
  #direct: number;
  #ranges: CrcRanges | undefined;

  /**
   * @param from where the piece begins, a multiple of 8
   * @param to where it ends: all of an entry's header lies before that
   * @param limit where entries end at the latest
   */
  constructor(region: RegionLog, from: number, to: number, limit: number, beyond: Allowance) {
    this.from = from;
    this.to = to - (to % 8);
    this.window = region.extent.read(from, this.to - from, limit);
    this.#region = region;
    this.#limit = limit;
    this.#beyond = beyond;
    this.#direct = 2 * (to - from);
  }

  /** The first place from `position` on, a multiple of 8 in the piece, where a valid entry or filler of that span begins. */
  next(position: number, span: Span): number | undefined {
    const { words, start } = this.window;
    const last = this.to - ENTRY.header;
    for (let at = position; ; at += 8) {
      const word = firstWithin(words, (at - start) / 4, (last - start) / 4, span.after, span.below);
      if (word === -1) return undefined;
      at = start + 4 * word;
      if (this.#isEntry(at, span)) return at;
    }
  }

  #isEntry(at: number, span: Span): boolean {
    const { words, start } = this.window;
    const word = (at - start) / 4;
    const next = at + strideAt(words, word);
    const form = formOf(words[word + ENTRY.highWord] as number);
    if (next > this.#limit) return false;
    if (form === Form.filler && (words[word] as number) % 8 !== 0) return false;
    if (next > this.to) return this.#isEntryBeyond(at, next, span);
    if (this.#direct < next - at) return this.#hasChecksum(word);
    this.#direct -= next - at;
    return this.#isValid(this.window, at, next, span);
  }

  #hasChecksum(word: number): boolean {
    const { words, start } = this.window;
    this.#ranges ??= new CrcRanges(words, (this.from - start) / 4, (this.to - start) / 4);
    return words[word + ENTRY.checksumWord] === this.#ranges.checksumAt(word, this.#region.seed);
  }

  #isEntryBeyond(at: number, next: number, span: Span): boolean {
    if (this.#beyond.bytes <= 0) return false;
    this.#beyond.bytes -= next - at;
    const whole =
      next <= this.window.end ? this.window : this.#region.extent.read(at, next - at, this.#limit);
    return this.#isValid(whole, at, next, span);
  }

  #isValid(window: Window, at: number, next: number, { after, below }: Span): boolean {
    return this.#region.host.kernel.walk(window, at, next, this.#region.seed, after, below).end > at;
  }
}
