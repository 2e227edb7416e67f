import { formOf, strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, FORM_MASK, Form } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';
import { scan } from './scanner.js';

/** Constants of this module: imported ones are loaded anew for every entry. */
const { header: HEADER, highWord: HIGH } = ENTRY;
const SPECIAL = FORM_MASK;

const NO_WORDS = new Uint32Array(0);
/** Index of the header of an entry in a window that none was visited in. */
const NOWHERE = -1;

/** Something that goes from entry to entry and stands on one at a time. */
export interface Walker {
  /** Steps to the next entry; false if there is none (yet). */
  next(): boolean;
  readonly region: RegionLog;
  readonly window: Window;
  /** Position of the entry's header in the region. */
  readonly position: number;
  /** Bytes of the entry's payload. */
  readonly size: number;
  readonly timestamp: number;
  /** True if the entries it goes through are gone. */
  readonly stale: boolean;
}

/**
 * Goes through a region from front to back, without allocating anything per entry. It sees everything that is committed
 * when it gets there: at the end, `next` says false, and true again once something was appended.
 */
export class LogCursor implements Walker {
  readonly region: RegionLog;
  position = -1;
  size = 0;
  /** Index of the entry's header in the window's words. */
  word = NOWHERE;
  /** Timestamp of the last entry that was visited in the windows before this one. */
  #after: number;
  #life: number;
  /** True if somebody else may be writing. */
  #beside: boolean;
  #window: Window | undefined;
  #words: Uint32Array = NO_WORDS;
  #start = 0;
  #next: number;
  /** Up to here the entries are good. */
  #good = 0;
  /** Up to here they may be read without a further look: beside a writer, not even the next one. */
  #end = 0;

  /** @param position where to begin: the beginning of an entry */
  constructor(region: RegionLog, position = 0) {
    this.region = region;
    this.#life = region.life;
    this.#beside = region.host.beside;
    this.#after = region.slot.record.birth - 1;
    this.#next = position;
  }

  /** Throws if the entries it goes through are gone. */
  assertGood(): void {
    this.region.presence.assertStill(this.#life);
  }

  get window(): Window {
    return this.#window as Window;
  }

  get timestamp(): number {
    return timestampAt(this.#words, this.word);
  }

  /** True if the entries it goes through are gone: the region was freed or cleared, the stream closed. */
  get stale(): boolean {
    return !this.region.isLife(this.#life);
  }

  /** Position behind the entry, where the next one begins. */
  get end(): number {
    return this.#next;
  }

  /** The next step goes to what comes to stand at the region's end: what lies before that needs no look. */
  passAll(): void {
    this.#next = this.region.tail;
    this.#after = this.region.lastTimestamp;
    this.word = NOWHERE;
  }

  next(): boolean {
    if (this.region.life !== this.#life) this.#renew();
    const at = this.#next;
    if (at >= this.#end) return this.#beside ? this.#nextBeside() : this.#refill() && this.next();
    const words = this.#words;
    const word = (at - this.#start) >>> 2;
    if (((words[word + HIGH] as number) & SPECIAL) !== 0) return this.#nextSpecial();
    const size = words[word] as number;
    this.word = word;
    this.position = at;
    this.size = size;
    this.#next = at + HEADER + size + (-size & 7);
    return true;
  }

  /** Goes on, if the region is only shared since the last step. */
  #renew(): void {
    const { region } = this;
    region.host.assertReadable(region, this.#life);
    this.#life = region.life;
    this.#beside = region.host.beside;
    this.#end = 0;
  }

  /** One step beside a writer: what was read counts if the region is still there afterwards. */
  #nextBeside(): boolean {
    if (this.#next >= this.#good && !this.#refill()) {
      this.region.presence.assertStill(this.#life);
      return false;
    }
    this.#end = this.#good;
    const found = this.next();
    this.#end = 0;
    if (this.region.presence.stirred) this.region.presence.assertStill(this.#life);
    return found;
  }

  /** Gets further entries that may be read, if there are any. */
  #refill(): boolean {
    const { region } = this;
    if (!region.reaches(this.#next)) return false;
    if (this.word !== NOWHERE) this.#after = this.timestamp;
    const { window, end } = scan(region, this.#next, this.#after);
    if (this.#beside) region.presence.doubt();
    this.#window = window;
    this.word = NOWHERE;
    this.#words = window.words;
    this.#start = window.start;
    this.#good = end;
    if (!this.#beside) this.#end = end;
    return true;
  }

  /** Fillers are passed over, however many there are; an entry with a gap behind it is not. */
  #nextSpecial(): boolean {
    while (this.#next < this.#end || this.#refill()) {
      const at = this.#next;
      const word = (at - this.#start) >>> 2;
      this.#next += strideAt(this.#words, word);
      if (formOf(this.#words[word + HIGH] as number) === Form.filler) continue;
      this.word = word;
      this.position = at;
      this.size = this.#words[word] as number;
      if (this.#beside) this.region.presence.assertStill(this.#life);
      return true;
    }
    return false;
  }
}
