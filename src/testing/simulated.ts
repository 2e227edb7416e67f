import { rangeError, VarveError } from '../base/errors.js';
import { parseSize, roundDown, roundUp } from '../base/sizes.js';
import type { Extent, Medium } from '../media/medium.js';
import { Window } from '../media/window.js';
import { type CrashImageOptions, CrashPoint, type Flushed, type Version } from './crash-point.js';
import { type OnStore, watchedWindow } from './watched-window.js';

/** How a simulated medium behaves. */
export interface SimulatedOptions {
  /** The bytes that become durable together: a word, a sector, a page. Default 8. */
  readonly granularity?: 8 | 512 | 4096;
  /** True: drains end later, on the event loop, as those of files do. Default false. */
  readonly slow?: boolean;
  /**
   * True: whatever a word held between two drains may survive a crash, also what was stored over before it was flushed, as cache
   * lines are written back at any time. Slow, with a granularity of 8 only, and not for code that stores natively. Default false:
   * what was flushed may survive, and what is there at the crash.
   */
  readonly watchStores?: boolean;
}

/** When a crash can be taken in the course of a drain. */
export type DrainMoment = 'before drain' | 'after drain';

/**
 * A medium for crash testing. It keeps two images: the volatile one, which the process sees, and the durable one, which
 * holds what was flushed and drained and nothing else. Whatever lies between the two may or may not survive a crash.
 *
 * Closing is no crash: what is not durable yet stays in the volatile image, for whoever opens the same object again.
 *
 * @example
 * const medium = new SimulatedMedium('16KiB');
 * const stream = Stream.openSync(medium, { blockSize: 64 });
 * stream.allocateSync(256).appendSync('first', { until: 'committed' });
 * for (const image of medium.crashImages()) Stream.openSync(SimulatedMedium.fromImage(image)).closeSync();
 */
export class SimulatedMedium implements Medium {
  readonly kind = 'simulated';
  readonly sizeMax = Number.MAX_SAFE_INTEGER;
  readonly granularity: 8 | 512 | 4096;
  readonly readOnly = false;
  readonly slow: boolean;
  readonly volatile = false;
  readonly retains = true;
  readonly path = undefined;
  readonly failed = undefined;
  /** Called at each drain: a place to take `crashPoint()`. */
  onDrain: ((moment: DrainMoment) => void) | undefined;
  #size: number;
  /** Bytes of the medium for certain: what it has grown by may be gone after a crash. */
  #durableSize: number;
  #durable: Uint8Array;
  /** What the process sees, except for what stands in the buffers of open extents. */
  #volatile: Uint8Array;
  readonly #inUse = new Set<SimulatedExtent>();
  readonly #watchStores: boolean;
  /** What words held, and how much had been flushed by then, as `#flushes` counts. */
  #stored: (Version & { readonly flushes: number })[] = [];
  /** What was flushed and is not durable for certain yet, oldest first. */
  #flushed: Flushed[] = [];
  /** How much was flushed, and how much of that is durable, counted in flushes since the beginning. */
  #flushes = 0;
  #drained = 0;
  #published = false;
  #locked = false;

  /**
   * @param size bytes, or a string such as '16KiB'
   * @throws TypeError or RangeError with the code `VARVE_ARGUMENT` if that is no size
   */
  constructor(size: number | string, options: SimulatedOptions = {}) {
    this.#size = parseSize(size, 'the size of a SimulatedMedium');
    this.granularity = options.granularity ?? 8;
    this.slow = options.slow ?? false;
    this.#watchStores = options.watchStores ?? false;
    if (this.#watchStores && this.granularity !== 8) {
      throw rangeError(`Cannot watch stores with a granularity of ${this.granularity}: it must be 8`);
    }
    const bytes = roundUp(this.#size, this.granularity);
    this.#durableSize = bytes;
    this.#durable = new Uint8Array(bytes);
    this.#volatile = new Uint8Array(bytes);
  }

  /**
   * A medium that holds what a crash has left.
   *
   * @param image one that `crashImages` gave; it is copied
   */
  static fromImage(image: Uint8Array, options?: SimulatedOptions): SimulatedMedium {
    const medium = new SimulatedMedium(image.length, options);
    medium.#durable.set(image);
    medium.#volatile.set(image);
    medium.#published = true;
    return medium;
  }

  /**
   * What the next process finds if the one that uses the medium is killed, the machine running on: nothing is lost, and
   * nothing more is durable.
   *
   * @param point when it is killed
   */
  static afterKill(point: CrashPoint, options?: SimulatedOptions): SimulatedMedium {
    const medium = SimulatedMedium.fromImage(point.durable, options);
    medium.grow(0, point.volatile.length);
    medium.#volatile.set(point.volatile);
    return medium;
  }

  get size(): number {
    return this.#size;
  }

  /** It has the new length at once; a crash before the next drain takes it back. */
  grow(_from: number, to: number): void {
    if (to <= this.#size) return;
    this.#size = to;
    const bytes = roundUp(to, this.granularity);
    this.#durable = lengthened(this.#durable, bytes);
    this.#volatile = lengthened(this.#volatile, bytes);
  }

  get isNew(): boolean {
    return !this.#published;
  }

  open(offset: number, length: number): Extent {
    const extent = new SimulatedExtent(
      offset,
      this.#volatile.slice(offset, offset + length),
      (from, to) => this.#noteFlush(extent, from, to),
      () => this.#takeBack([extent]),
      this.#watchStores ? (from, to) => this.#noteStore(extent, from, to) : undefined,
    );
    this.#inUse.add(extent);
    return extent;
  }

  glimpse(offset: number, bytes: Uint8Array): void {
    this.#gather(offset, offset + bytes.length);
    bytes.set(this.#volatile.subarray(offset, offset + bytes.length));
  }

  drainSync(): void {
    this.#drain(this.#flushes, this.#durable.length);
  }

  async drain(): Promise<void> {
    const [upTo, size] = [this.#flushes, this.#durable.length];
    if (this.slow) await new Promise((resolve) => setImmediate(resolve));
    this.#drain(upTo, size);
  }

  publish(): void {
    this.#published = true;
  }

  lock(): void {
    if (this.#locked) {
      throw new VarveError(
        'VARVE_LOCKED',
        'Cannot open this simulated medium for writing: a stream has it open already; close that one first',
      );
    }
    this.#locked = true;
  }

  close(): void {
    this.#takeBack([...this.#inUse]);
    this.#locked = false;
  }

  /** What a crash at this moment could leave, kept for later. */
  crashPoint(): CrashPoint {
    this.#gather();
    const size = this.#durableSize;
    const versions = [...this.#flushed, ...this.#stored].filter(
      ({ start, bytes }) => start + bytes.length <= size,
    );
    const durable = this.#durable.slice(0, size);
    return new CrashPoint(this.granularity, durable, this.#volatile.slice(), versions);
  }

  /** Images that a crash at this moment could leave; see `CrashPoint.images`. */
  crashImages(options?: CrashImageOptions): Generator<Uint8Array, void, void> {
    return this.crashPoint().images(options);
  }

  /**
   * The offsets of all words in [offset, offset + length) that a crash at this moment could lose: an acknowledgement that
   * depends on one of them comes too early.
   */
  pendingIn(offset: number, length: number): number[] {
    this.#gather(offset, offset + length);
    const pending: number[] = [];
    if (this.#isDurable(offset, length)) return pending;
    for (let at = roundDown(offset, 8); at < offset + length; at += 8) {
      if (!sameWord(this.#durable, this.#volatile, at)) pending.push(at);
    }
    return pending;
  }

  #isDurable(offset: number, length: number): boolean {
    const durable = this.#durable.subarray(offset, offset + length);
    return Buffer.compare(durable, this.#volatile.subarray(offset, offset + length)) === 0;
  }

  #noteFlush(extent: SimulatedExtent, from: number, to: number): void {
    const start = roundDown(extent.offset + from, this.granularity);
    const end = roundUp(extent.offset + to, this.granularity);
    this.#gather(start, end);
    this.#flushed.push({
      from: roundDown(extent.offset + from, 8),
      to: roundUp(extent.offset + to, 8),
      start,
      bytes: this.#volatile.slice(start, end),
    });
    this.#flushes++;
  }

  /** Makes the first `upTo` flushes durable, each as the bytes were when it was made, and the first `size` bytes of the medium. */
  #drain(upTo: number, size: number): void {
    this.onDrain?.('before drain');
    const count = Math.max(0, upTo - this.#drained);
    for (const [i, flushed] of this.#flushed.splice(0, count).entries()) {
      const { from, to, start, bytes } = flushed;
      this.#durable.set(bytes.subarray(from - start, to - start), from);
      this.#forgetStores(from, to, this.#drained + i);
    }
    this.#drained += count;
    this.#durableSize = Math.max(this.#durableSize, size);
    this.onDrain?.('after drain');
  }

  #noteStore(extent: SimulatedExtent, from: number, to: number): void {
    const start = roundDown(from, 8);
    const bytes = extent.bytes.slice(start, roundUp(to, 8));
    this.#stored.push({ start: extent.offset + start, bytes, flushes: this.#flushes });
  }

  /** What stood in [from, to) before the flush with the number `flush` was made cannot come back. */
  #forgetStores(from: number, to: number, flush: number): void {
    this.#stored = this.#stored.flatMap((stored) => {
      const { start, bytes, flushes } = stored;
      const end = start + bytes.length;
      if (flushes > flush || end <= from || start >= to) return [stored];
      const before = { ...stored, bytes: bytes.subarray(0, Math.max(0, from - start)) };
      const behind = { ...stored, start: to, bytes: bytes.subarray(Math.max(0, Math.min(end, to) - start)) };
      return [before, behind].filter((part) => part.bytes.length > 0);
    });
  }

  /** Brings [from, to) of the volatile image up to date. */
  #gather(from = 0, to = this.#volatile.length): void {
    for (const { offset, bytes } of this.#inUse) {
      const start = Math.max(from, offset);
      const end = Math.min(to, offset + bytes.length);
      if (start < end) this.#volatile.set(bytes.subarray(start - offset, end - offset), start);
    }
  }

  /** Ends extents: their content goes where the next owner finds it, and no old view reaches it. */
  #takeBack(extents: SimulatedExtent[]): void {
    const ended = extents.filter((extent) => this.#inUse.delete(extent));
    for (const { offset, bytes } of ended) this.#volatile.set(bytes, offset);
    const buffers = ended.map((extent) => extent.end());
    structuredClone(buffers, { transfer: buffers });
  }
}

/** One buffer for the whole extent. */
class SimulatedExtent implements Extent {
  readonly length: number;
  readonly offset: number;
  readonly #bytes: Uint8Array;
  readonly #window: Window;
  readonly #onFlush: (from: number, to: number) => void;
  readonly #onRelease: () => void;
  #open = true;

  constructor(
    offset: number,
    bytes: Uint8Array,
    onFlush: (from: number, to: number) => void,
    onRelease: () => void,
    onStore: OnStore | undefined,
  ) {
    this.offset = offset;
    this.length = bytes.length;
    this.#bytes = bytes;
    this.#window = onStore === undefined ? new Window(bytes, 0) : watchedWindow(bytes, 0, onStore);
    this.#onFlush = onFlush;
    this.#onRelease = onRelease;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  read(): Window {
    this.#assertOpen();
    return this.#window;
  }

  write(): Window {
    this.#assertOpen();
    return this.#window;
  }

  flush(from: number, to: number): void {
    this.#assertOpen();
    this.#onFlush(from, to);
  }

  rewind(): void {}

  release(): void {
    this.#onRelease();
  }

  /** Returns the buffer, which is to be detached. */
  end(): ArrayBuffer {
    this.#open = false;
    return this.#window.buffer as ArrayBuffer;
  }

  #assertOpen(): void {
    if (!this.#open) {
      throw new VarveError('VARVE_CLOSED', 'Cannot use a part of a simulated medium that was given up');
    }
  }
}

function sameWord(one: Uint8Array, other: Uint8Array, at: number): boolean {
  for (let i = at; i < at + 8; i++) if (one[i] !== other[i]) return false;
  return true;
}

function lengthened(bytes: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length);
  longer.set(bytes);
  return longer;
}
