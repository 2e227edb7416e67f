/** A binary heap: the one with the lowest rank of many. Ranks have an array of their own, so that comparing looks at nothing but numbers. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #ranks: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** The rank of the first one. */
  get firstRank(): number {
    return this.#ranks[0] as number;
  }

  push(item: T, rank: number): void {
    const items = this.#items;
    const ranks = this.#ranks;
    let i = items.length;
    items.push(item);
    ranks.push(rank);
    while (i > 0) {
      const parent = (i - 1) >>> 1;
      if ((ranks[parent] as number) <= rank) break;
      items[i] = items[parent] as T;
      ranks[i] = ranks[parent] as number;
      i = parent;
    }
    items[i] = item;
    ranks[i] = rank;
  }

  /** Takes the first one out. */
  pop(): T | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    const rank = this.#ranks.pop();
    if (items.length > 0) this.#sink(last as T, rank as number);
    return first;
  }

  /** The first one has another rank, and goes where it belongs now. */
  sinkFirst(rank: number): void {
    const first = this.#items[0];
    if (first !== undefined) this.#sink(first, rank);
  }

  #sink(item: T, rank: number): void {
    const items = this.#items;
    const ranks = this.#ranks;
    const count = ranks.length;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= count) break;
      let least = ranks[child] as number;
      if (child + 1 < count) {
        const other = ranks[child + 1] as number;
        if (other < least) {
          least = other;
          child++;
        }
      }
      if (least >= rank) break;
      items[i] = items[child] as T;
      ranks[i] = least;
      i = child;
    }
    items[i] = item;
    ranks[i] = rank;
  }
}
