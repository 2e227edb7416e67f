import type { Extent, Medium } from '../../src/media/medium.js';
import { Window } from '../../src/media/window.js';

/**
 * A medium for one image after the other: its bytes are set from outside, and every drain succeeds. It neither takes
 * anything back nor tells what is durable, which `SimulatedMedium` does at a price.
 */
export class ScratchMedium implements Medium {
  readonly kind = 'simulated';
  readonly size: number;
  readonly granularity = 8;
  readonly readOnly = false;
  readonly slow = false;
  readonly volatile = false;
  readonly retains = true;
  readonly isNew = false;
  readonly path = undefined;
  readonly failed = undefined;
  /** What is on the medium. */
  readonly bytes: Uint8Array;

  /** @param size bytes */
  constructor(size: number) {
    this.size = size;
    this.bytes = new Uint8Array(size);
  }

  open(offset: number, length: number): Extent {
    return new ScratchExtent(this.bytes.subarray(offset, offset + length));
  }

  drainSync(): void {}
  async drain(): Promise<void> {}
  publish(): void {}
  lock(): void {}
  close(): void {}
}

class ScratchExtent implements Extent {
  readonly length: number;
  readonly #window: Window;

  constructor(bytes: Uint8Array) {
    this.length = bytes.length;
    this.#window = new Window(bytes, 0);
  }

  read(): Window {
    return this.#window;
  }

  write(): Window {
    return this.#window;
  }

  flush(): void {}
  rewind(): void {}
  release(): void {}
}
