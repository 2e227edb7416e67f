/** Bytes of the memory that a stage keeps. What goes beyond it is on further memory, taken twice as large each time, up to `MOST`. */
const KEPT = 16 * 1024;
const MOST = 2 ** 20;

const NOTHING = new Uint8Array(0);

/**
 * Where what a transaction appends is copied to until it is stored. Memory of its own for each entry would cost more than the entry, and so would a view of its
 * own: those of the transaction before are there still, and often fit.
 */
export class Stage {
  readonly #kept = new Uint8Array(KEPT);
  /** What was shown of it last, by where it begins, in units of 8 bytes. */
  readonly #views = new Array<Uint8Array>(KEPT / 8).fill(NOTHING);
  #memory = this.#kept;
  #used = 0;
  /** That of a transaction that has ended, for the next one. */
  static #spare: Stage | undefined;

  /** A stage that nobody else uses. */
  static take(): Stage {
    const stage = Stage.#spare ?? new Stage();
    Stage.#spare = undefined;
    return stage;
  }

  /** Nothing that is on it is needed any more. */
  release(): void {
    this.#memory = this.#kept;
    this.#used = 0;
    Stage.#spare = this;
  }

  /** Room for `size` bytes, with whatever stands there. */
  place(size: number): Uint8Array {
    const at = this.#used;
    const end = at + size + (-size & 7);
    const memory = this.#memory;
    if (memory !== this.#kept || end > KEPT) return this.#placeBeyond(size);
    this.#used = end;
    const index = at >>> 3;
    const view = this.#views[index] as Uint8Array;
    return view.length === size ? view : this.#show(index, size);
  }

  #show(index: number, size: number): Uint8Array {
    const view = this.#kept.subarray(index * 8, index * 8 + size);
    this.#views[index] = view;
    return view;
  }

  #placeBeyond(size: number): Uint8Array {
    if (this.#used + size > this.#memory.length) {
      this.#memory = new Uint8Array(Math.max(size, Math.min(2 * this.#memory.length, MOST)));
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + size;
    return this.#memory.subarray(at, this.#used);
  }
}
