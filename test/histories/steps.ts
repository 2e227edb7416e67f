import type { Pass } from './history.js';

/** The greatest value among those of an earlier time. */
export type LatestBefore = (time: number) => number;

/** Answers what the greatest value was before a time; `none` if there was none. */
export function greatestBefore(items: Iterable<{ time: number; value: number }>, none = 0): LatestBefore {
  const sorted = [...items].sort((a, b) => a.time - b.time);
  const greatest: number[] = [];
  for (const { value } of sorted) greatest.push(Math.max(value, greatest.at(-1) ?? none));
  return (time) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.time ?? time) < time) low = middle + 1;
      else high = middle;
    }
    return greatest[low - 1] ?? none;
  };
}

/** Something that took from `begin` to `end`. */
interface Stretch {
  readonly begin: number;
  readonly end: number;
}

/** Finds out whether anything overlaps with a stretch of time. */
export class Stretches<T extends Stretch> {
  /** In the order in which they begin. */
  readonly #sorted: readonly T[];
  /** The latest end of this one and all before it. */
  readonly #latest: number[] = [];

  constructor(items: readonly T[]) {
    this.#sorted = [...items].sort((a, b) => a.begin - b.begin);
    for (const { end } of this.#sorted) this.#latest.push(Math.max(end, this.#latest.at(-1) ?? 0));
  }

  /** True if another one than `item` itself began before it ended, and ended after it began. */
  overlap(item: T): boolean {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sorted[middle]?.begin ?? 0) < item.end) low = middle + 1;
      else high = middle;
    }
    for (let index = low - 1; index >= 0 && (this.#latest[index] ?? 0) > item.begin; index -= 1) {
      const other = this.#sorted[index];
      if (other !== item && (other?.end ?? 0) > item.begin) return true;
    }
    return false;
  }
}

/** True if a reading may show that timestamp. */
export function inRange({ way, from }: Pass, timestamp: number): boolean {
  if (way === 'get') return timestamp === from;
  if (way === 'reverse') return from === 0 || timestamp <= from;
  return timestamp >= from;
}
