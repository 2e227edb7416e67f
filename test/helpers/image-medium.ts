import type { Extent } from '../../src/index.js';
import { Window } from '../../src/index.js';
import { PlainMedium } from './plain-medium.js';

/**
 * A medium over bytes that the test holds and may look at and change at any time: nothing is copied, so that opening it costs no more
 * than the core's own work, and every store of the core shows at once.
 */
export class ImageMedium extends PlainMedium {
  readonly isNew = false;
  readonly readOnly = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
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
}
