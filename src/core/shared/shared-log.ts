import { strideAt, strideOf } from '../../format/entry.js';
import { ENTRY } from '../../format/layout.js';
import type { Window } from '../../media/window.js';
import { conflict, full } from '../append-errors.js';
import type { Appender } from '../appender.js';
import type { RegionLog } from '../region-log.js';
import { storeParts } from '../reservations.js';
import { awaitWord } from './awake.js';
import { heldTimestamp, REGION, readTimestamp, UNIT, UNIT_SHIFT } from './board.js';
import type { WriteThrough } from './commit-record.js';
import { Durability } from './durability.js';
import { SharedLock } from './lock.js';
import { SharedPlaces } from './shared-places.js';
import type { Sharing } from './sharing.js';

// By names of this file the words are constants to the compiler; looked up in another module's object they are not.
const {
  changing: CHANGING,
  entries: ENTRIES,
  last: LAST,
  life: LIFE,
  lock: LOCK,
  reserved: RESERVED,
  sealed: SEALED,
  tail: TAIL,
} = REGION;

const NO_EXPECTATION = -1;
const NOWHERE = -1;

/**
 * The append side of one region that several threads append to: what `RegionLog` is to one thread alone. The region's lock is held for the
 * whole of an append, so nothing of it has to be mended if the thread dies: bytes behind the tail mean nothing.
 */
export class SharedLog implements Appender, WriteThrough {
  readonly region: RegionLog;
  readonly reservations: SharedPlaces;
  readonly durability: Durability;
  /** First word of the region's line on the board. */
  readonly line: number;
  readonly lock: SharedLock;
  /** True while a place is committed, which was put when it was published. */
  settles = false;
  /** The life of this thread's `RegionLog` for which it looks at the board. */
  adopted = -1;
  lastTimestamp = 0;
  #lastWindow: Window | undefined;
  #expected = NO_EXPECTATION;
  /** True while it stands in the list of those that this thread has committed to and not made durable. */
  touched = false;
  readonly #sharing: Sharing;
  readonly #words: Int32Array;
  readonly #through: WriteThrough | undefined;

  constructor(region: RegionLog, line: number, sharing: Sharing) {
    this.region = region;
    this.line = line;
    this.#sharing = sharing;
    this.#words = sharing.board.words;
    this.lock = new SharedLock(this.#words, line + LOCK, sharing.threads);
    this.#through = sharing.writesThrough ? this : undefined;
    this.reservations = new SharedPlaces(this, sharing);
    this.durability = new Durability(this, this.#words, sharing.writesThrough);
  }

  get lastWindow(): Window {
    return this.#lastWindow as Window;
  }

  get available(): number {
    return Math.max(0, this.region.length - this.#at(RESERVED) - ENTRY.header);
  }

  get entries(): number {
    return Atomics.load(this.#words, this.line + ENTRIES);
  }

  /** End of the committed entries, in bytes. */
  get tail(): number {
    return this.#at(TAIL);
  }

  get sealed(): number {
    return this.#at(SEALED);
  }

  /** The tail. The lock is held: a plain load does, and takes less than a call. */
  get heldTail(): number {
    return (this.#words[this.line + TAIL] as number) * UNIT;
  }

  /** End of everything reserved, in bytes. */
  get reservedUpTo(): number {
    return this.#at(RESERVED);
  }

  /** The same. The lock is held. */
  get reserved(): number {
    return (this.#words[this.line + RESERVED] as number) * UNIT;
  }

  set reserved(position: number) {
    this.#words[this.line + RESERVED] = position >>> UNIT_SHIFT;
  }

  get life(): number {
    return Atomics.load(this.#words, this.line + LIFE);
  }

  expect(last: number): void {
    this.#expected = last;
  }

  append(data: Uint8Array, persists = false): number {
    const size = data.length;
    const expected = this.#takeExpectation();
    let position = NOWHERE;
    this.enter(size, expected);
    try {
      if (this.reserved === this.heldTail) position = this.#appendHere(data, size);
      if (persists && position !== NOWHERE) this.#sharing.group.persistHeld(this);
    } finally {
      this.lock.release();
    }
    return position === NOWHERE ? this.#appendLater([data], size, expected) : position;
  }

  /** Returns where; `NOWHERE` if a supply of timestamps is needed first. The lock is held. */
  #appendHere(data: Uint8Array, size: number): number {
    const position = this.heldTail;
    const end = position + strideOf(size);
    const window = this.region.extent.write(position, end - position);
    window.bytes.set(data, position - window.start + ENTRY.header);
    return this.commitAt(window, position, size, end) ? position : NOWHERE;
  }

  appendParts(parts: readonly Uint8Array[], size: number): number {
    return this.#appendLater(parts, size, this.#takeExpectation());
  }

  /** As `append`, in a loop, which takes longer. */
  #appendLater(parts: readonly Uint8Array[], size: number, expected: number): number {
    do {
      this.enter(size, expected);
      try {
        const position = this.heldTail;
        if (this.reserved !== position) break;
        const window = this.region.extent.write(position, strideOf(size));
        storeParts({ window, position }, parts);
        if (this.commitAt(window, position, size, position + strideOf(size))) return position;
      } finally {
        this.lock.release();
      }
    } while (this.#sharing.supply());
    return this.#appendBehind(parts, size);
  }

  /** Places are open: this is a further one, and waits for them. */
  #appendBehind(parts: readonly Uint8Array[], size: number): number {
    const place = this.reservations.appendSync(parts, size);
    this.#lastWindow = place.window;
    return place.position;
  }

  /**
   * Takes the region's lock for an append of `size` bytes; `release` must follow.
   *
   * @param expected the last entry's timestamp, if its caller expects one
   * @throws what an append throws, and then the lock is not held
   */
  enter(size: number, expected = this.#takeExpectation()): void {
    this.take();
    if (!this.isSteady) this.#takeAnew();
    try {
      this.region.assertAlive();
      this.region.host.assertWritable();
      if (expected !== NO_EXPECTATION) this.assertLast(expected);
      if (this.region.ended) throw full(this.region, size, 0);
      this.#assertRoom(size);
    } catch (error) {
      this.lock.release();
      throw error;
    }
  }

  #takeAnew(): void {
    do {
      this.lock.release();
      this.#sharing.refresh();
      this.take();
    } while (!this.isSteady);
  }

  /** True if the region is as this thread knows it, and not about to be cleared or freed. The lock is held. */
  get isSteady(): boolean {
    return this.#words[this.line + CHANGING] === 0 && this.#sharing.current;
  }

  #takeExpectation(): number {
    const expected = this.#expected;
    this.#expected = NO_EXPECTATION;
    return expected;
  }

  /** Takes the region's lock. A commit that its last holder died in is ended first: the tail is not certain before. */
  take(): void {
    if (this.lock.acquire() === 'free') return;
    this.#sharing.committer.enter();
    this.#sharing.committer.leave();
    this.reservations.trim();
  }

  /**
   * As `take`, for whoever stores checksums, which are those of one life of the region: learns of its clear by another thread before. False
   * if the region is gone, and then the lock is not held.
   */
  takeCurrent(): boolean {
    this.take();
    while (!this.#sharing.current) {
      this.lock.release();
      this.#sharing.refresh();
      this.take();
    }
    if (!this.region.freed) return true;
    this.lock.release();
    return false;
  }

  /** Commits what stands at `position`, the tail; false if a supply of timestamps is needed first. The lock is held. */
  commitAt(window: Window, position: number, size: number, end: number): boolean {
    const timestamp = this.#sharing.committer.commit(this.line, window, position, size, end, this.#through);
    if (timestamp === 0) return false;
    this.lastTimestamp = timestamp;
    this.#lastWindow = window;
    this.#sharing.committed(this);
    return true;
  }

  /** Fills [position, end), from the tail on. The lock is held. */
  fill(window: Window, position: number, end: number): void {
    this.#sharing.committer.fill(this.line, window, position, end, this.#through);
  }

  get offset(): number {
    return this.region.slot.record.offset;
  }

  get seed(): number {
    return this.region.seed;
  }

  writeThrough(window: Window, position: number, end: number): void {
    const { host, seed, extent } = this.region;
    host.kernel.seal(window, position, end, seed);
    if (this.settles) this.#putHeaders(window, position, end);
    else extent.put?.(window, position, end);
    this.#words[this.line + SEALED] = end >>> UNIT_SHIFT;
  }

  /** Payloads of places were put when they were published. A put that is cut short must not leave half a mark. */
  #putHeaders(window: Window, position: number, end: number): void {
    const { extent } = this.region;
    const next = position + strideAt(window.words, (position - window.start) >>> 2);
    if (next < end) extent.put?.(window, next, next + ENTRY.header);
    extent.put?.(window, position, position + ENTRY.header);
  }

  /** Wakes those of all threads who wait for the tail to move. */
  wake(): void {
    Atomics.notify(this.#words, this.line + TAIL);
  }

  /** Blocks until the tail has moved on from `tail`, or so many milliseconds. */
  waitSync(tail: number, patience: number): void {
    Atomics.wait(this.#words, this.line + TAIL, tail >>> UNIT_SHIFT, patience);
  }

  /** As `waitSync`, off the main thread. */
  async wait(tail: number, patience: number): Promise<void> {
    await awaitWord(this.#words, this.line + TAIL, tail >>> UNIT_SHIFT, patience);
  }

  /** Takes over into this thread's `RegionLog` how far the region goes; true if that is further than it knew. */
  pull(): boolean {
    this.#sharing.committer.awaitIntent();
    const { region, tail } = this;
    // Below what this thread knew it is another life's, of which it is yet to learn.
    if (tail <= region.tail) return false;
    region.advance(tail, readTimestamp(this.#words, this.line + LAST), this.entries);
    return true;
  }

  #at(word: number): number {
    return Atomics.load(this.#words, this.line + word) * UNIT;
  }

  /** Throws unless the last entry has this timestamp, and no other is about to follow it. The lock is held. */
  assertLast(expected: number): void {
    const open = this.reserved !== this.heldTail;
    const last = this.entries === 0 ? 0 : heldTimestamp(this.#words, this.line + LAST);
    if (last !== expected || open) throw conflict(expected, open ? undefined : last);
  }

  #assertRoom(size: number): void {
    if (this.reserved + strideOf(size) > this.region.length) throw full(this.region, size, this.available);
  }
}
