import { VarveError } from '../base/errors.js';
import { parseSize } from '../base/sizes.js';
import type { Access, Extent, Medium } from './medium.js';
import { MemoryMedium } from './memory.js';
import { Window } from './window.js';
import { WINDOW_BYTES, WriteWindows } from './write-windows.js';

/**
 * A medium that keeps nothing of what is appended: for measuring, and for programs whose log is switched off. What the
 * stream needs to run, its header and its table, is in memory.
 *
 * @example
 * const stream = await Stream.open(new VoidMedium('1GiB'));
 */
export class VoidMedium implements Medium {
  readonly kind = 'void';
  readonly sizeMax = Number.MAX_SAFE_INTEGER;
  readonly granularity = 1;
  readonly readOnly = false;
  readonly slow = false;
  readonly volatile = true;
  readonly retains = false;
  readonly path = undefined;
  readonly failed = undefined;
  readonly #rest: MemoryMedium;
  readonly #inUse = new Set<VoidExtent>();

  /**
   * @param size bytes, or a string such as '64MiB'; no memory is taken for them
   * @throws TypeError or RangeError with the code `VARVE_ARGUMENT` if that is no size
   */
  constructor(size: number | string) {
    this.#rest = new MemoryMedium(parseSize(size, 'the size of a VoidMedium'));
  }

  get size(): number {
    return this.#rest.size;
  }

  grow(from: number, to: number): void {
    this.#rest.grow(from, to);
  }

  get isNew(): boolean {
    return this.#rest.isNew;
  }

  open(offset: number, length: number, access: Access): Extent {
    if (access === 'random') return this.#rest.open(offset, length);
    const extent = new VoidExtent(length, this.#inUse);
    this.#inUse.add(extent);
    return extent;
  }

  drainSync(): void {}

  drain(): Promise<void> {
    return Promise.resolve();
  }

  publish(): void {
    this.#rest.publish();
  }

  lock(): void {
    this.#rest.lock();
  }

  close(): void {
    for (const extent of this.#inUse) extent.release();
    this.#rest.close();
  }
}

/** Takes stores into memory that it uses again as soon as they are flushed. */
class VoidExtent implements Extent {
  readonly length: number;
  readonly #windows: WriteWindows;
  readonly #inUse: Set<VoidExtent>;
  #spare: ArrayBufferLike | undefined;
  #open = true;

  constructor(length: number, inUse: Set<VoidExtent>) {
    this.length = length;
    this.#inUse = inUse;
    this.#windows = new WriteWindows(
      length,
      (bytes) => this.#buffer(bytes),
      ({ buffer }) => {
        if (buffer.byteLength === WINDOW_BYTES) this.#spare = buffer;
      },
    );
  }

  read(position: number, length: number, limit: number): Window {
    this.#assertOpen();
    return this.#windows.read(position, length, limit) ?? new Window(new Uint8Array(length), position);
  }

  write(position: number, length: number): Window {
    this.#assertOpen();
    return this.#windows.take(position, length);
  }

  flush(_from: number, to: number): void {
    this.#windows.wrote(to);
  }

  rewind(): void {
    this.#windows.cut(0);
  }

  release(): void {
    this.#open = false;
    this.#windows.cut(0);
    this.#spare = undefined;
    this.#inUse.delete(this);
  }

  #buffer(bytes: number): ArrayBufferLike {
    const spare = this.#spare;
    if (spare === undefined || bytes > WINDOW_BYTES) return new ArrayBuffer(bytes);
    this.#spare = undefined;
    return spare;
  }

  #assertOpen(): void {
    if (!this.#open)
      throw new VarveError('VARVE_CLOSED', 'Cannot use a part of a void medium that was given up');
  }
}
