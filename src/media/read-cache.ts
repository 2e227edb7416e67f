import type { Extent } from './medium.js';
import type { Window } from './window.js';
import { WINDOW_BYTES } from './write-windows.js';

/** At most this many windows are kept, whatever the number of extents. */
const WINDOWS_MAX = 32;
/** So much is fetched where nothing says that a reader will go on from there. Bytes. */
const SPAN_FIRST = 16 * 1024;

/** The windows on a medium that were fetched last, so that a reader need not fetch for every entry. */
export class ReadCache {
  readonly #windows = new Map<Extent, Window>();

  /** The last window on the extent, if it holds [position, position + length). */
  find(extent: Extent, position: number, length: number): Window | undefined {
    const window = this.#windows.get(extent);
    return window !== undefined && position >= window.start && position + length <= window.end
      ? window
      : undefined;
  }

  /** How many bytes to fetch from `position` on: the more, the longer a reader has gone on from one window to the next. */
  span(extent: Extent, position: number): number {
    const last = this.#windows.get(extent);
    const goesOn = last !== undefined && position >= last.start && position <= last.end;
    return goesOn ? Math.min(2 * (last.end - last.start), WINDOW_BYTES) : SPAN_FIRST;
  }

  /** Keeps the window in place of the extent's last one. */
  keep(extent: Extent, window: Window): void {
    this.#windows.delete(extent);
    this.#windows.set(extent, window);
    if (this.#windows.size <= WINDOWS_MAX) return;
    const oldest = this.#windows.keys().next();
    if (oldest.done !== true) this.#windows.delete(oldest.value);
  }

  /** Forgets the extent's window if it reaches beyond `position`: what is there is going to change. */
  drop(extent: Extent, position: number): void {
    const window = this.#windows.get(extent);
    if (window !== undefined && window.end > position) this.#windows.delete(extent);
  }

  clear(): void {
    this.#windows.clear();
  }
}
