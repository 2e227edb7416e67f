import { strideOf } from '../format/entry.js';
import { ENTRY, LANDMARK_SPAN } from '../format/layout.js';
import { regionSeed } from '../format/seeds.js';
import type { Extent } from '../media/medium.js';
import type { Window } from '../media/window.js';
import { conflict, freed, full } from './append-errors.js';
import { AppendWindows } from './append-windows.js';
import type { Appender } from './appender.js';
import type { Clock } from './clock.js';
import { STAGED_MAX } from './kernel.js';
import { type HiddenName, parseHidden } from './log/names.js';
import { placeLandmark } from './place-landmark.js';
import { Presence } from './presence.js';
import { errorOf, type Problem } from './problem.js';
import type { RegionHost } from './region-host.js';
import { Reservations } from './reservations.js';
import { unverify } from './scanner.js';
import { SparseIndex } from './sparse-index.js';
import type { TableSlot } from './table-slots.js';

/** Of the hot path: constants of their own, as each look into an object counts against what is inlined. */
const { header: HEADER, lowWord: LOW, highWord: HIGH } = ENTRY;

/** The longest payload that goes by way of the kernel's stage. A constant of this module: the compiler loads imported ones anew each time. */
const STAGED = STAGED_MAX;
/** From this size on one piece is taken from where it lies: what is copied to the stage waits behind the fence of the entry before. Bytes. */
const DIRECT = 1024;
/** Payloads from this size on are stored past the caches where the medium flushes cache lines, also if nobody waits for them. Bytes. */
const LARGE = 8192;

/**
 * The append side of one region. An append takes the way reserve → store → commit; sealing (the checksums) and draining
 * come later and for many entries at once.
 */
export class RegionLog implements Appender {
  readonly slot: TableSlot;
  readonly host: RegionHost;
  readonly reservations: Reservations;
  /** What it is a part of, if it is not a user's own region. */
  readonly hidden: HiddenName | undefined;
  /** Whether the region is still there, where others may take it away. */
  readonly presence: Presence;
  /** Counts up when the entries of the region go away: cleared, freed, closed. Whoever reads compares. */
  life = 0;
  freed = false;
  /** True once its log goes on in another region: other threads are not to append here any more. */
  ended = false;
  /** How many clears and frees were asked for and are not done: an append has to come after them. */
  changing = 0;
  seed = 0;
  /** End of the committed entries, in bytes. */
  tail = 0;
  /** Up to here the checksums are stored and the bytes given to the medium. */
  sealed = 0;
  /** From here on this process stored the entries itself: nothing there needs to be verified, or can be while unsealed. */
  ownFrom = 0;
  /** Timestamp of the last committed entry, else birth - 1. */
  lastTimestamp = 0;
  entries = 0;
  /** True while the stream knows that there is something to seal. */
  dirty = false;
  /** Once the tail is beyond this, the stream is told at the next `touched`: of what stands behind the mark, then when it is time for a new one. */
  reportAt = 0;
  /** Below this the medium certainly holds entries, as the newest mark says, even where an older one is where walking begins. */
  certainTail = 0;
  /** What a recovery found wrong at the end of the region: something acknowledged is missing there. */
  damage: Problem | undefined = undefined;
  /** Offset of the newest landmark below the tail; 0 if there is none. */
  landmark = 0;
  /** For those who read backwards, or look for timestamps. */
  readonly index: SparseIndex;
  /** Up to here an append needs no second thought; 0 if something has to be looked at first. */
  #reach = 0;
  /** The life in which the region was shared with other threads, which ended nothing. */
  #lifeBefore = -1;
  /** The newest of `#windows`: where the next append is stored. */
  #window: Window | undefined;
  readonly #windows: AppendWindows;
  #extent: Extent | undefined;
  /** Who appends: this one, as long as one thread has the stream alone. */
  appender: Appender = this;
  readonly #clock: Clock;

  constructor(slot: TableSlot, host: RegionHost) {
    this.slot = slot;
    this.host = host;
    this.#clock = host.clock;
    this.hidden = parseHidden(slot.name);
    this.reservations = new Reservations(this);
    this.presence = new Presence(this);
    this.#windows = new AppendWindows(this);
    this.index = new SparseIndex(this);
    this.restart();
  }

  /** Bytes of the region. */
  get length(): number {
    return this.slot.record.length;
  }

  get extent(): Extent {
    this.#extent ??= this.host.openExtent(this.slot);
    return this.#extent;
  }

  get available(): number {
    return Math.max(0, this.length - this.reservations.end - ENTRY.header);
  }

  /** True if entries were committed since the region's mark was last made. */
  get beyondMark(): boolean {
    return this.tail !== this.slot.record.mark.tail;
  }

  get lastWindow(): Window {
    return this.#window as Window;
  }

  /** True if there are entries behind `position` that can be read. */
  reaches(position: number): boolean {
    if (!this.host.medium.retains) return false;
    if (position < this.tail) return true;
    if (this.host.grew(this)) return true;
    if (this.damage !== undefined) throw errorOf(this.damage, undefined);
    return false;
  }

  /** Other threads append, too. Cursors and entries stay good, but look after each step whether another thread has ended the region's life. */
  share(appender: Appender, ownFrom: number): void {
    this.appender = appender;
    if (this.#lifeBefore === -1 && !this.presence.watched) this.#lifeBefore = this.life++;
    this.presence.renew();
    this.ownFrom = ownFrom;
    this.stop();
  }

  /** True if what was read in `life` is still there. */
  isLife(life: number): boolean {
    return life === this.life || life === this.#lifeBefore;
  }

  /** Takes over how far other threads have come. */
  advance(tail: number, timestamp: number, entries: number): void {
    this.tail = tail;
    this.lastTimestamp = timestamp;
    this.entries = entries;
  }

  /** Takes over what the record says: after opening, and after a clear. */
  restart(): void {
    const { record } = this.slot;
    this.presence.renew();
    this.seed = regionSeed(this.host.uuid, record.id, record.clears);
    this.certainTail = record.mark.tail;
    this.landmark = record.mark.landmark;
    this.setEnd(record.mark.tail, record.mark.timestamp, record.mark.entries);
  }

  /** Says where the entries end that are on the medium. */
  setEnd(tail: number, timestamp: number, entries: number): void {
    this.tail = tail;
    this.sealed = tail;
    this.ownFrom = tail;
    this.lastTimestamp = timestamp;
    this.entries = entries;
    this.reportAt = tail;
    if (this.landmark >= tail) this.landmark = 0;
    this.stop();
  }

  expect(last: number): void {
    const actual = this.entries === 0 ? 0 : this.lastTimestamp;
    if (actual === last && this.reservations.none) return;
    throw conflict(last, this.reservations.none ? actual : undefined);
  }

  append(data: Uint8Array, persists: boolean): number {
    const size = data.length;
    const index = this.#place(size);
    const window = this.#window as Window;
    if (window.flushesLines) {
      if (persists && size < DIRECT) {
        this.host.kernel.stage.set(data);
        return this.#commitStaged(size);
      }
      if (persists || size >= LARGE) return this.#commitLong(data, persists);
    }
    window.bytes.set(data, index);
    return this.#commit(size);
  }

  appendParts(parts: readonly Uint8Array[], size: number, persists: boolean): number {
    const index = this.#place(size);
    const window = this.#window as Window;
    const staged = persists && size <= STAGED && window.flushesLines;
    const target = staged ? this.host.kernel.stage : window.bytes;
    let at = staged ? 0 : index;
    for (const part of parts) {
      target.set(part, at);
      at += part.length;
    }
    return staged ? this.#commitStaged(size) : this.#commit(size);
  }

  /** As `append`, with two words before the data; -1, and nothing has happened, where that needs a second thought. */
  appendLed(low: number, high: number, data: Uint8Array, persists: boolean): number {
    const size = data.length + 8;
    if (size >= LARGE || this.tail + HEADER + size + (-size & 7) > this.#reach) return -1;
    const index = this.#place(size);
    const { words, bytes, flushesLines } = this.#window as Window;
    if (persists && size <= STAGED && flushesLines) {
      const { stage, stageWords } = this.host.kernel;
      stageWords[0] = low;
      stageWords[1] = high;
      stage.set(data, 8);
      return this.#commitStaged(size);
    }
    words[index >>> 2] = low;
    words[(index >>> 2) + 1] = high;
    bytes.set(data, index + 8);
    return this.#commit(size);
  }

  /** Throws unless a place of `size` bytes is left behind everything reserved. A landmark that is due comes before it. */
  makeRoom(size: number): void {
    if (this.changing > 0) this.host.finishChanges();
    this.assertAlive();
    this.host.assertWritable();
    if (this.reservations.end + strideOf(size) > this.length) throw full(this, size, this.available);
    if (this.tail >= this.#landmarkDue && this.reservations.none) placeLandmark(this, size);
  }

  /** Throws if the region was freed. */
  assertAlive(): void {
    if (this.freed) throw freed(this);
  }

  /** As `assertAlive`, where it may be another process that has freed it. */
  assertUsable(): void {
    this.presence.lookAgain();
    this.assertAlive();
  }

  /** Finds everything that another process has appended so far. */
  catchUp(): void {
    while (this.host.grew(this));
  }

  /** A window that takes stores to [position, end), which lies behind everything committed. */
  windowFor(position: number, end: number): Window {
    const window = this.#window;
    if (window !== undefined && position >= window.start && end <= window.end) return window;
    this.#window = this.#windows.take(position, end);
    return this.#window;
  }

  /** Makes the next append look at everything again: the region, the stream or the reservations changed. */
  stop(): void {
    this.#reach = 0;
  }

  /** Stores the checksums of all committed entries and gives their bytes to the medium's next drain. */
  seal(): void {
    this.#windows.seal();
  }

  /**
   * Others have changed the record: it has another mark, or the region was cleared.
   *
   * @param checkpoint a reader need not look at what was committed before it
   */
  follow(checkpoint: number): void {
    const { id, clears, mark } = this.slot.record;
    if (regionSeed(this.host.uuid, id, clears) !== this.seed) {
      this.damage = undefined;
      this.cleared();
    } else if (mark.tail > this.tail && mark.timestamp <= checkpoint) {
      this.damage = undefined;
      // What was seen behind the former end may be older.
      this.#extent?.rewind();
      this.landmark = mark.landmark;
      this.setEnd(mark.tail, mark.timestamp, mark.entries);
    }
  }

  /** The region was cleared: the record says so already. */
  cleared(): void {
    this.#newLife();
    this.#forgetWindows();
    this.#extent?.rewind();
    if (this.#extent !== undefined && this.host.readOnly) unverify(this.#extent);
    this.restart();
  }

  /** The region is gone: handles, iterators and entries notice. */
  abandon(): void {
    this.freed = true;
    this.leave();
  }

  /** Whoever reads the region notices at his next step that he cannot go on. */
  leave(): void {
    this.#newLife();
    this.stop();
  }

  #newLife(): void {
    this.life++;
    this.#lifeBefore = -1;
  }

  /** Gives the memory up, after `abandon`. */
  release(): void {
    this.#extent?.release();
    this.#forgetWindows();
  }

  #forgetWindows(): void {
    this.#window = undefined;
    this.#windows.forget();
  }

  #place(size: number): number {
    const next = this.tail + HEADER + size + (-size & 7);
    if (next > this.#reach) this.#reachOut(size);
    // The header word must go with the next timestamp before anything is stored, since a supply of timestamps may fail.
    if (this.#clock.last >= this.#clock.wordUntil) this.nextTimestamp();
    return this.tail - (this.#window as Window).start + HEADER;
  }

  get #landmarkDue(): number {
    return this.landmark + LANDMARK_SPAN;
  }

  #reachOut(size: number): void {
    this.makeRoom(size);
    this.reservations.assertNone();
    const { end } = this.windowFor(this.tail, this.tail + strideOf(size));
    const due = this.#landmarkDue;
    this.#reach = this.tail < due ? Math.min(end, due) : end;
  }

  /** The timestamp of the next entry, for which `clock.word` then is the last word of the header. */
  nextTimestamp(): number {
    const clock = this.#clock;
    const timestamp = clock.last + 1;
    if (timestamp > clock.wordUntil) {
      if (clock.exhausted) this.host.supplyTimestamps();
      clock.refreshWord(timestamp);
    }
    return timestamp;
  }

  /** The one hot path: what stands here is done for every entry. */
  #commit(size: number): number {
    const clock = this.#clock;
    const { words, start } = this.#window as Window;
    const position = this.tail;
    const timestamp = clock.last + 1;
    const word = (position - start) >>> 2;
    words[word] = size;
    words[word + LOW] = timestamp >>> 0;
    words[word + HIGH] = clock.word;
    this.entries++;
    this.committed(position + HEADER + size + (-size & 7), timestamp);
    return position;
  }

  /** The payload goes from the stage past the caches, together with its header, sealed: durable when this returns. */
  #commitStaged(size: number): number {
    if (this.sealed !== this.tail) this.seal();
    const { kernel, clock } = this.host;
    const low = (clock.last + 1) | 0;
    kernel.storeStaged(this.lastWindow, this.tail, size, this.seed, low, clock.word);
    return this.#committedSealed(size);
  }

  /** The same for a payload of any length; if nobody waits for it, durable after the next drain only. */
  #commitLong(data: Uint8Array, persists: boolean): number {
    if (this.sealed !== this.tail) this.seal();
    const { kernel, clock } = this.host;
    const low = (clock.last + 1) | 0;
    kernel.storeSealed(this.lastWindow, this.tail, data, this.seed, low, clock.word, persists);
    return this.#committedSealed(data.length);
  }

  #committedSealed(size: number): number {
    const { host } = this;
    const position = this.tail;
    const timestamp = this.#clock.last + 1;
    this.entries++;
    this.tail = position + HEADER + size + (-size & 7);
    this.lastTimestamp = timestamp;
    this.#clock.last = timestamp;
    this.sealed = this.tail;
    host.appended(this);
    if (host.watched === true) host.notifyCommitted();
    return position;
  }

  /** Tail and clock move on behind an entry or a filler that is sealed later. */
  committed(tail: number, timestamp: number): void {
    this.tail = tail;
    this.lastTimestamp = timestamp;
    if (timestamp > this.#clock.last) this.#clock.last = timestamp;
    const host = this.host;
    // Compared with a word, since the compiler does not know that these are nothing but true or false.
    if (this.dirty === false) {
      this.dirty = true;
      host.touched(this);
    }
    if (host.watched === true) host.notifyCommitted();
  }
}
