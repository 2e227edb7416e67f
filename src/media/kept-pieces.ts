/** The content of a range of a medium. */
export interface Piece {
  readonly offset: number;
  readonly buffer: ArrayBuffer;
}

/**
 * What a memory medium holds while no stream has it in use. Pieces never overlap.
 *
 * Nearly always a range is opened again as it was closed, which is one look into a map. The sorted list of starts is for
 * the other case: it may name pieces that are gone, but never has two pieces the wrong way round.
 */
export class KeptPieces {
  readonly #pieces = new Map<number, ArrayBuffer>();
  #starts: number[] = [];

  /** Takes pieces in that overlap neither each other nor what is here. */
  add(pieces: Iterable<Piece>): void {
    for (const piece of pieces) this.#pieces.set(piece.offset, piece.buffer);
    this.#starts = [...this.#pieces.keys()].sort((a, b) => a - b);
  }

  /** Takes out everything. */
  takeAll(): Piece[] {
    const pieces = [...this.#pieces].map(([offset, buffer]) => ({ offset, buffer }));
    this.#pieces.clear();
    this.#starts = [];
    return pieces;
  }

  /** Takes out the content of a range, or undefined if nothing is known of it: it is all zeroes then. */
  take(offset: number, length: number): ArrayBuffer | undefined {
    const same = this.#pieces.get(offset);
    if (same?.byteLength !== length) return this.#compose(offset, offset + length);
    this.#pieces.delete(offset);
    return same;
  }

  #compose(from: number, to: number): ArrayBuffer | undefined {
    const overlapping = this.#overlapping(from, to);
    if (overlapping.length === 0) return undefined;
    const whole = new Uint8Array(to - from);
    for (const { offset, buffer } of overlapping) {
      const end = offset + buffer.byteLength;
      const part = new Uint8Array(
        buffer,
        Math.max(from - offset, 0),
        Math.min(end, to) - Math.max(offset, from),
      );
      whole.set(part, Math.max(offset - from, 0));
      this.#pieces.delete(offset);
      if (offset < from) this.#put(offset, buffer.slice(0, from - offset));
      if (end > to) this.#put(to, buffer.slice(to - offset));
    }
    return whole.buffer;
  }

  #overlapping(from: number, to: number): Piece[] {
    const found: Piece[] = [];
    // Only the last piece that starts before `from` can reach beyond it, since no two overlap.
    for (let i = Math.max(this.#firstAtOrAbove(from) - 1, 0); i < this.#starts.length; i++) {
      const offset = this.#starts[i] ?? to;
      if (offset >= to) break;
      const buffer = this.#pieces.get(offset);
      if (buffer !== undefined && offset + buffer.byteLength > from) found.push({ offset, buffer });
    }
    return found;
  }

  #put(offset: number, buffer: ArrayBuffer): void {
    this.#pieces.set(offset, buffer);
    const index = this.#firstAtOrAbove(offset);
    if (this.#starts[index] !== offset) this.#starts.splice(index, 0, offset);
  }

  #firstAtOrAbove(offset: number): number {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#starts[middle] ?? offset) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
