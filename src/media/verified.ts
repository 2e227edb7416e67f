/**
 * Which runs of bytes are known to hold good entries. Whoever reads from front to back makes one run of it, and whoever looks here and there a few.
 * Runs never touch: those that meet become one.
 */
export class Verified {
  /** Beginning and end of each run, rising. */
  readonly #bounds: number[] = [];
  /** Index of the beginning of the run that was asked for last. */
  #recent = 0;

  /** Up to where the entries from `position` on, where one begins, are known to be good; `position` if they are not. */
  from(position: number): number {
    const bounds = this.#bounds;
    const recent = this.#recent;
    if (!(position >= (bounds[recent] as number) && position < (bounds[recent + 1] as number))) {
      const index = this.#behind(position) - 2;
      if (index < 0 || position >= (bounds[index + 1] as number)) return position;
      this.#recent = index;
    }
    return bounds[this.#recent + 1] as number;
  }

  /** The entries in [from, to) are good. What is known already may begin or end within. */
  add(from: number, to: number): void {
    if (from === to) return;
    const bounds = this.#bounds;
    let first = this.#behind(from);
    let start = from;
    if (first > 0 && (bounds[first - 1] as number) >= from) {
      first -= 2;
      start = bounds[first] as number;
    }
    let last = first;
    let end = to;
    while (last < bounds.length && (bounds[last] as number) <= to) {
      end = Math.max(end, bounds[last + 1] as number);
      last += 2;
    }
    bounds.splice(first, last - first, start, end);
    this.#recent = first;
  }

  /** Nothing is known any more of what stands at `position` or behind it. */
  cut(position: number): void {
    const bounds = this.#bounds;
    while (bounds.length > 0 && (bounds.at(-2) as number) >= position) bounds.length -= 2;
    if (bounds.length > 0) bounds.push(Math.min(bounds.pop() as number, position));
    this.#recent = 0;
  }

  /** Index of the first run that begins behind `position`. */
  #behind(position: number): number {
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length >>> 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((bounds[2 * middle] as number) <= position) low = middle + 1;
      else high = middle;
    }
    return 2 * low;
  }
}
