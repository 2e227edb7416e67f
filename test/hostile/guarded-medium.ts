import type { Access, Extent } from '../../src/media/medium.js';
import { Window } from '../../src/media/window.js';
import { PlainMedium } from '../helpers/plain-medium.js';

/** Bytes on either side of the stream that nobody may touch. */
const GUARD = 4096;
const GUARD_BYTE = 0xa5;

/** What a stream did that it must never do; no error of varve, so that nobody takes it for one. */
class Trespass extends Error {}

/** How much work a stream made of its medium. */
export interface Work {
  /** Calls of any kind. */
  calls: number;
  /** Bytes that were asked for. */
  bytes: number;
}

/**
 * A forged image as a medium: a stream works on it in place, as on mapped memory, between guard bytes. Every call is
 * held against the contract of `Extent`, and counted.
 */
export class GuardedMedium extends PlainMedium {
  readonly size: number;
  readonly readOnly: boolean;
  readonly isNew = false;
  readonly work: Work = { calls: 0, bytes: 0 };
  readonly #all: Uint8Array;
  readonly #windowed: boolean;
  readonly #open = new Set<GuardedExtent>();

  /**
   * @param image is copied
   * @param windowed true: what is read comes in windows of its own that end where asked for, as from a file
   */
  constructor(image: Uint8Array, { readOnly = false, windowed = false } = {}) {
    super();
    this.size = image.length;
    this.readOnly = readOnly;
    this.#windowed = windowed && readOnly;
    this.#all = new Uint8Array(image.length + 2 * GUARD).fill(GUARD_BYTE);
    this.#all.set(image, GUARD);
  }

  /** What the stream has made of the image. */
  get image(): Uint8Array {
    return this.#all.subarray(GUARD, GUARD + this.size);
  }

  open(offset: number, length: number, access: Access): Extent {
    this.work.calls++;
    if (!isRange(offset, length, this.size)) throw new Trespass(`opened ${length} bytes at ${offset}`);
    for (const other of this.#open) {
      if (!this.readOnly && offset < other.offset + other.length && other.offset < offset + length)
        throw new Trespass(`${access} extent at ${offset}, ${length} bytes, over the one at ${other.offset}`);
    }
    const bytes = this.#all.subarray(GUARD + offset, GUARD + offset + length);
    const extent = new GuardedExtent(bytes, offset, this.work, this.#windowed && access === 'append', () =>
      this.#open.delete(extent),
    );
    this.#open.add(extent);
    return extent;
  }

  override drainSync(): void {
    this.work.calls++;
    if (this.readOnly) throw new Trespass('drained a read-only medium');
  }

  override publish(): void {
    throw new Trespass('published what is not new');
  }

  override close(): void {
    this.#open.clear();
  }

  /** Throws if anything outside of the first `size` bytes was stored to; on a read-only medium, anything at all. */
  assertUnharmed(original: Uint8Array, size: number): void {
    const kept = this.readOnly ? 0 : Math.min(size, this.size);
    const rest = Buffer.from(this.image.buffer, this.image.byteOffset + kept, this.size - kept);
    if (!rest.equals(original.subarray(kept))) throw new Trespass(`bytes behind ${kept} were stored to`);
    const guards = [this.#all.subarray(0, GUARD), this.#all.subarray(GUARD + this.size)];
    if (!guards.every((guard) => guard.every((byte) => byte === GUARD_BYTE)))
      throw new Trespass('bytes outside of the medium were stored to');
  }

  /** Throws if a view of the medium's own memory leaves the medium. */
  assertInside(view: Uint8Array): void {
    if (view.buffer !== this.#all.buffer) return;
    if (!isRange(view.byteOffset - GUARD, view.byteLength, this.size))
      throw new Trespass(`a view of ${view.byteLength} bytes at ${view.byteOffset - GUARD}`);
  }
}

class GuardedExtent implements Extent {
  readonly length: number;
  readonly offset: number;
  readonly #bytes: Uint8Array;
  readonly #work: Work;
  readonly #windowed: boolean;
  readonly #onRelease: () => void;
  #window: Window | undefined;

  constructor(bytes: Uint8Array, offset: number, work: Work, windowed: boolean, onRelease: () => void) {
    this.#bytes = bytes;
    this.length = bytes.length;
    this.offset = offset;
    this.#work = work;
    this.#windowed = windowed;
    this.#onRelease = onRelease;
  }

  /** `limit` may lie before the end of what is asked for where a damaged mark says so: what is beyond it is not there then. */
  read(position: number, length: number, limit: number): Window {
    this.#count(length);
    if (!isRange(position, length, this.length) || position % 8 !== 0 || !isRange(0, limit, this.length))
      throw new Trespass(`read ${length} bytes at ${position}, up to ${limit}, of ${this.length}`);
    if (!this.#windowed) return this.#whole();
    const end = Math.min(Math.max(position + length, position + 256), limit);
    return new Window(this.#bytes.slice(position, end), position);
  }

  write(position: number, length: number): Window {
    this.#count(length);
    if (!isRange(position, length, this.length) || position % 8 !== 0)
      throw new Trespass(`stored ${length} bytes at ${position} of ${this.length}`);
    return this.#whole();
  }

  flush(from: number, to: number): void {
    this.#count(0);
    if (!isRange(from, to - from, this.length))
      throw new Trespass(`flushed ${from} to ${to} of ${this.length}`);
  }

  rewind(): void {
    this.#count(0);
  }

  release(): void {
    this.#onRelease();
  }

  #whole(): Window {
    this.#window ??= new Window(this.#bytes, 0);
    return this.#window;
  }

  #count(bytes: number): void {
    this.#work.calls++;
    this.#work.bytes += bytes;
  }
}

function isRange(offset: number, length: number, size: number): boolean {
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= size
  );
}
