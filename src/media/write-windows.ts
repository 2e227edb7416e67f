import { roundUp } from '../base/sizes.js';
import { Window } from './window.js';

/** Bytes of a window, unless one entry needs more or the extent has less. */
export const WINDOW_BYTES = 256 * 1024;
/** Bytes of an extent's first window, the next ones double: thousands of extents with a few entries each must be cheap. */
const FIRST_WINDOW_BYTES = 8 * 1024;

/** A window, as far as what was stored in it is still the truth. */
interface Part {
  readonly window: Window;
  /** Where the next window takes over. */
  end: number;
  /** What readers were given last; it grows with what they may see. */
  view: Window | undefined;
}

/**
 * The windows of an `append` extent that are not on its medium yet, oldest first: they follow each other without overlap.
 *
 * The last one takes the stores. One that has been written out is let go once it is not the last.
 */
export class WriteWindows {
  readonly #length: number;
  readonly #makeBuffer: (bytes: number) => ArrayBufferLike;
  readonly #letGo: (window: Window) => void;
  readonly #parts: Part[] = [];
  #current: Window | undefined;
  #windowBytes = FIRST_WINDOW_BYTES;

  /**
   * @param length bytes of the extent
   * @param makeBuffer memory for a window
   * @param letGo told of windows that were written and are not needed any more
   */
  constructor(
    length: number,
    makeBuffer: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
    letGo: (window: Window) => void = () => {},
  ) {
    this.#length = length;
    this.#makeBuffer = makeBuffer;
    this.#letGo = letGo;
  }

  /** Position of the first byte that may be newer here than on the medium; infinite if there is none. */
  get start(): number {
    return this.#parts[0]?.window.start ?? Number.POSITIVE_INFINITY;
  }

  /** The window that takes stores to [position, position + length). */
  take(position: number, length: number): Window {
    const current = this.#current;
    if (current !== undefined && position >= current.start && position + length <= current.end)
      return current;
    const bytes = Math.min(Math.max(this.#windowBytes, roundUp(length, 8)), this.#length - position);
    // First of all: where there is no memory, the windows stay as they are.
    const window = new Window(new Uint8Array(this.#makeBuffer(bytes), 0, bytes), position);
    this.cut(position);
    this.#windowBytes = Math.min(this.#windowBytes * 2, WINDOW_BYTES);
    this.#parts.push({ window, end: window.end, view: undefined });
    this.#current = window;
    return window;
  }

  /** Drops what is held from `position` on. */
  cut(position: number): void {
    let last = this.#parts.at(-1);
    while (last !== undefined && last.window.start >= position) {
      this.#parts.pop();
      last = this.#parts.at(-1);
    }
    if (last !== undefined && last.end > position) {
      last.end = position;
      last.view = undefined;
    }
    this.#current = undefined;
  }

  /** A window for readers that holds [position, position + length), with nothing at or beyond `limit`; undefined if none does. */
  read(position: number, length: number, limit: number): Window | undefined {
    for (let i = this.#parts.length - 1; i >= 0; i--) {
      const part = this.#parts[i];
      if (part !== undefined && position >= part.window.start) {
        return position + length <= part.end ? view(part, position + length, limit) : undefined;
      }
    }
    return undefined;
  }

  /** Calls `visit` with every piece of [from, to) that is held, from front to back. */
  each(from: number, to: number, visit: (window: Window, from: number, to: number) => void): void {
    for (const { window, end } of this.#parts) {
      const first = Math.max(from, window.start);
      const last = Math.min(to, end);
      if (first < last) visit(window, first, last);
    }
  }

  /** Everything before `position` is on the medium now: the windows that are not needed any more are let go. */
  wrote(position: number): void {
    while (this.#parts.length > 1 && position >= (this.#parts[0]?.end ?? 0)) {
      const done = this.#parts.shift();
      if (done !== undefined) this.#letGo(done.window);
    }
  }
}

/**
 * The part's window as far as `limit`. What its reader has found to be good stays known, or a follower would check the
 * same bytes again for every new entry.
 */
function view(part: Part, needed: number, limit: number): Window {
  const old = part.view;
  if (old !== undefined && needed <= old.end && old.end <= limit) return old;
  const { window } = part;
  window.lent = true;
  const fresh = new Window(window.bytes.subarray(0, Math.min(part.end, limit) - window.start), window.start);
  if (old !== undefined && old.end <= fresh.end) fresh.verified = old.verified;
  fresh.endsWhole = part.end <= limit;
  part.view = fresh;
  return fresh;
}
