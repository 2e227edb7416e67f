import type { Extent } from '../../src/index.js';
import { Window } from '../../src/index.js';
import { PlainMedium } from '../helpers/plain-medium.js';

/** How a medium shows what lies on it: the bytes themselves, as a mapping does, or copies of them, as positioned reads do. */
export type Sight = 'mapped' | 'copied';

/** Bytes that several media lie on, as those of one file in several processes. */
export interface SharedBytes {
  readonly bytes: Uint8Array;
  readonly sight: Sight;
  /** True once a stream was created on it. */
  published: boolean;
}

/** A part of the bytes, in memory; what was stored in a copy reaches the bytes with a drain. */
class SharedExtent implements Extent {
  readonly length: number;
  readonly #offset: number;
  readonly #medium: SharedMedium;
  #window: Window | undefined;

  constructor(medium: SharedMedium, offset: number, length: number) {
    this.#medium = medium;
    this.#offset = offset;
    this.length = length;
  }

  read(): Window {
    const { bytes, sight } = this.#medium.shared;
    const there = bytes.subarray(this.#offset, this.#offset + this.length);
    this.#window ??= new Window(sight === 'mapped' ? there : there.slice(), 0);
    return this.#window;
  }

  write(): Window {
    return this.read();
  }

  flush(from: number, to: number): void {
    const { bytes } = this.read();
    // In two steps: others may see the first half of what is stored, and not the second.
    const middle = from + Math.floor((to - from) / 16) * 8;
    for (const [first, last] of [
      [from, middle],
      [middle, to],
    ] as const) {
      this.#medium.queue.push(() =>
        this.#medium.shared.bytes.set(bytes.subarray(first, last), this.#offset + first),
      );
    }
  }

  rewind(): void {
    this.#medium.onLook?.();
    if (this.#medium.readOnly && this.#medium.shared.sight === 'copied') this.#window = undefined;
  }

  release(): void {
    // A view that somebody kept shows zeroes, as on real media.
    this.#window = new Window(new Uint8Array(this.length), 0);
  }
}

/** A medium over bytes that others have open, too. A reader shows what a writer has stored, as its sight allows. */
export class SharedMedium extends PlainMedium {
  readonly shared: SharedBytes;
  readonly readOnly: boolean;
  readonly queue: (() => void)[] = [];
  /** Called in the course of each drain, before and after each half of what was flushed reaches the bytes. */
  onDrain: (() => void) | undefined;
  /** Called before anything is looked at anew. */
  onLook: (() => void) | undefined;

  constructor(shared: SharedBytes, readOnly: boolean) {
    super();
    this.shared = shared;
    this.readOnly = readOnly;
  }

  get size(): number {
    return this.shared.bytes.length;
  }

  get isNew(): boolean {
    return !this.shared.published;
  }

  open(offset: number, length: number): Extent {
    return new SharedExtent(this, offset, length);
  }

  override drainSync(): void {
    this.onDrain?.();
    for (const store of this.queue.splice(0)) {
      store();
      this.onDrain?.();
    }
  }

  override publish(): void {
    this.shared.published = true;
  }
}
