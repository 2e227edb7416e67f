import type { Extent, Medium } from '../../src/index.js';
import { Window } from '../../src/index.js';

/**
 * A medium over bytes that the test holds and may look at and change at any time: nothing is copied, so that opening it costs no more
 * than the core's own work, and every store of the core shows at once.
 */
export class ImageMedium implements Medium {
  readonly kind = 'simulated';
  readonly granularity = 8;
  readonly slow = false;
  readonly volatile = false;
  readonly retains = true;
  readonly isNew = false;
  readonly path = undefined;
  readonly failed = undefined;
  readonly readOnly = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  open(offset: number, length: number): Extent {
    if (offset + length > this.size) throw new RangeError(`${offset} + ${length} lies outside of the medium`);
    const { buffer, byteOffset } = this.#bytes;
    const window = new Window(new Uint8Array(buffer, byteOffset + offset, length), 0);
    return {
      length,
      read: () => window,
      write: () => window,
      flush: () => {},
      rewind: () => {},
      release: () => {},
    };
  }

  drainSync(): void {}

  async drain(): Promise<void> {}

  publish(): void {}

  lock(): void {}

  close(): void {}
}
