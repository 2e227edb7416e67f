import type { Extent } from './medium.js';
import type { Window } from './window.js';
import type { WindowMemory } from './window-memory.js';
import type { QueueOwner, WriteQueue } from './write-queue.js';
import { WriteWindows } from './write-windows.js';

/** What is appended to an extent of a file: gathered in windows, and in the queue from when it is flushed until it is written. */
export class GatheredStores {
  readonly windows: WriteWindows;
  readonly #extent: Extent & QueueOwner;
  readonly #queue: WriteQueue;
  #flushed = 0;

  constructor(extent: Extent & QueueOwner, length: number, queue: WriteQueue, memory: WindowMemory) {
    this.#extent = extent;
    this.#queue = queue;
    this.windows = new WriteWindows(
      length,
      (bytes) => memory.take(bytes),
      (window) => memory.giveBack(window, extent),
    );
  }

  /** The window that takes stores to [position, position + length). */
  take(position: number, length: number): Window {
    if (position < this.#flushed) this.takeBack(position);
    return this.windows.take(position, length);
  }

  /** Queues what was stored in [from, to). */
  flush(from: number, to: number): void {
    this.windows.each(from, to, (window, first, last) => this.#queue.add(this.#extent, window, first, last));
    this.#flushed = to;
    this.#queue.relieve();
  }

  /** Forgets what stands from `position` on. */
  takeBack(position: number): void {
    this.#queue.drop(this.#extent, position);
    this.windows.cut(position);
    this.#flushed = position;
  }
}
