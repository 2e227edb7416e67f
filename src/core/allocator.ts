/** How many free extents of the wanted size's own class are looked at before a larger one is cut. */
const CLOSE_FITS_TRIED = 16;

/**
 * Which parts of a stream are free, in memory: the medium only knows what is taken. Free extents are found by start, by end
 * (so that neighbours merge in constant time) and by size class: eight classes a power of two, so that what a higher class holds always fits.
 */
export class Allocator {
  #end: number;
  readonly #byStart = new Map<number, number>();
  readonly #byEnd = new Map<number, number>();
  readonly #classes: (Set<number> | undefined)[] = [];

  /** @param end where the stream's data end. Nothing is free yet. */
  constructor(end: number) {
    this.#end = end;
  }

  /** Where the data end that it knows of. */
  get end(): number {
    return this.#end;
  }

  /** The stream has grown: what lies between the old end and the new one is free. */
  extend(end: number): void {
    const before = this.#end;
    this.#end = end;
    this.give(before, end - before);
  }

  /** The size of the free extent at the end; 0 if there is none. */
  get last(): number {
    const start = this.#byEnd.get(this.#end);
    return start === undefined ? 0 : this.#end - start;
  }

  /** Gives [offset, offset + size) back, merging it with free neighbours. */
  give(offset: number, size: number): void {
    if (size === 0) return;
    let start = offset;
    let end = offset + size;
    const before = this.#byEnd.get(start);
    if (before !== undefined) {
      this.#remove(before);
      start = before;
    }
    const behind = this.#byStart.get(end);
    if (behind !== undefined) {
      this.#remove(end);
      end += behind;
    }
    this.#insert(start, end - start);
  }

  /** Takes `size` bytes and returns their offset, or undefined if no free extent is so large. */
  take(size: number): number | undefined {
    const offset = this.#find(size);
    if (offset === undefined) return undefined;
    const whole = this.#byStart.get(offset) as number;
    this.#remove(offset);
    if (whole > size) this.#insert(offset + size, whole - size);
    return offset;
  }

  /** Takes exactly [offset, offset + size); false if not all of it is free. */
  takeAt(offset: number, size: number): boolean {
    const start = this.#byStart.has(offset) ? offset : this.#startBefore(offset);
    const whole = start === undefined ? 0 : (this.#byStart.get(start) as number);
    if (start === undefined || start + whole < offset + size) return false;
    this.#remove(start);
    this.give(start, offset - start);
    this.give(offset + size, start + whole - offset - size);
    return true;
  }

  /** Where the free extent begins that `offset` lies in. */
  #startBefore(offset: number): number | undefined {
    for (const [start, size] of this.#byStart) if (start <= offset && offset < start + size) return start;
    return undefined;
  }

  /** The size of the largest free extent. */
  get largest(): number {
    const starts = this.#classes.findLast((set) => set !== undefined && set.size > 0);
    let largest = 0;
    for (const start of starts ?? []) largest = Math.max(largest, this.#byStart.get(start) as number);
    return largest;
  }

  /** A few of the same class, for a close fit; then whatever a higher class holds; then the rest of the same class. */
  #find(size: number): number | undefined {
    const own = sizeClass(size);
    return (
      this.#findIn(own, size, CLOSE_FITS_TRIED) ??
      this.#findAbove(own, size) ??
      this.#findIn(own, size, Infinity)
    );
  }

  #findIn(index: number, size: number, most: number): number | undefined {
    let tried = 0;
    for (const start of this.#classes[index] ?? []) {
      if ((this.#byStart.get(start) as number) >= size) return start;
      if (++tried >= most) return undefined;
    }
    return undefined;
  }

  #findAbove(index: number, size: number): number | undefined {
    for (let i = index + 1; i < this.#classes.length; i++) {
      const start = this.#findIn(i, size, 1);
      if (start !== undefined) return start;
    }
    return undefined;
  }

  #insert(start: number, size: number): void {
    this.#byStart.set(start, size);
    this.#byEnd.set(start + size, start);
    const index = sizeClass(size);
    let set = this.#classes[index];
    if (set === undefined) {
      set = new Set();
      this.#classes[index] = set;
    }
    set.add(start);
  }

  #remove(start: number): void {
    const size = this.#byStart.get(start) as number;
    this.#byStart.delete(start);
    this.#byEnd.delete(start + size);
    this.#classes[sizeClass(size)]?.delete(start);
  }
}

function sizeClass(size: number): number {
  const power = Math.floor(Math.log2(size));
  const eighth = Math.floor((size / 2 ** power - 1) * 8);
  return power * 8 + Math.min(7, Math.max(0, eighth));
}
