import type { Extent } from './medium.js';
import type { Window } from './window.js';
import { WINDOW_BYTES } from './write-windows.js';

/** At most this many windows' memory is kept for later. */
const SPARE_MAX = 8;

/**
 * Memory for windows that take stores. That of a window which was written and which nobody looks at is used again: new memory costs a page fault for
 * every few KiB, which can take longer than everything else that is done with them.
 */
export class WindowMemory {
  readonly #spare: ArrayBufferLike[] = [];

  /** Memory of any content. */
  take(bytes: number): ArrayBufferLike {
    return (bytes === WINDOW_BYTES ? this.#spare.pop() : undefined) ?? new ArrayBuffer(bytes);
  }

  /** @param extent what stood in the window is read there from now on */
  giveBack(window: Window, extent: Extent): void {
    const { lent, buffer } = window;
    if (lent || buffer.byteLength !== WINDOW_BYTES || this.#spare.length >= SPARE_MAX) return;
    window.elsewhere = extent;
    this.#spare.push(buffer);
  }
}
