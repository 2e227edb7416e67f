/** Anything with a key, of which byte order is the order. */
export interface Keyed {
  readonly key: Uint8Array;
}

/** Items of a block at most. A place is one number: the block, times this, and the item in it. */
const BLOCK = 512;

/** Items in the order of their keys, which do not change. */
export class SortedView<T extends Keyed> {
  protected blocks: T[][];

  constructor(blocks: T[][]) {
    this.blocks = blocks;
  }

  get(key: Uint8Array): T | undefined {
    return this.itemAt(this.placeOf(key, true), key);
  }

  /** The item there, if it has that key. */
  protected itemAt(place: number, key: Uint8Array): T | undefined {
    const item = this.at(place);
    return item !== undefined && Buffer.compare(item.key, key) === 0 ? item : undefined;
  }

  at(place: number): T | undefined {
    return this.blocks[Math.floor(place / BLOCK)]?.[place % BLOCK];
  }

  /** The place of the first item that does not stand before the key; with `itself` false, of the first one behind it. */
  placeOf(key: Uint8Array, itself: boolean): number {
    const before = (item: T | undefined) =>
      item !== undefined && Buffer.compare(item.key, key) < (itself ? 0 : 1);
    const block = firstWhere(this.blocks.length, (place) => !before(this.blocks[place]?.at(-1)));
    const items = this.blocks[block] ?? [];
    return block * BLOCK + firstWhere(items.length, (place) => !before(items[place]));
  }

  /** Where no item stands any more. */
  get end(): number {
    return this.blocks.length * BLOCK;
  }

  next(place: number): number {
    const block = Math.floor(place / BLOCK);
    return (place % BLOCK) + 1 < (this.blocks[block]?.length ?? 0) ? place + 1 : (block + 1) * BLOCK;
  }

  previous(place: number): number {
    if (place % BLOCK > 0) return place - 1;
    const block = place / BLOCK - 1;
    return block * BLOCK + (this.blocks[block]?.length ?? 0) - 1;
  }
}

/** A map that hands out views of itself at no cost: what a view shows is copied when it would change, block by block. */
export class SortedMap<T extends Keyed> extends SortedView<T> {
  /** The blocks that no view shows, and whether one shows the list of them. */
  #own = new WeakSet<T[]>();
  #listIsShown = false;

  constructor() {
    super([]);
  }

  view(): SortedView<T> {
    this.#own = new WeakSet();
    this.#listIsShown = true;
    return new SortedView(this.blocks);
  }

  /** Returns what it stands in the place of. */
  set(item: T): T | undefined {
    this.#changeList();
    if (this.blocks.length === 0) this.blocks.push([]);
    const place = Math.min(this.placeOf(item.key, true), this.#lastEnd());
    const old = this.itemAt(place, item.key);
    const items = this.#changeBlock(Math.floor(place / BLOCK));
    items.splice(place % BLOCK, old === undefined ? 0 : 1, item);
    if (items.length === BLOCK) this.#split(Math.floor(place / BLOCK));
    return old;
  }

  /** Returns what was there. */
  delete(key: Uint8Array): T | undefined {
    const place = this.placeOf(key, true);
    const old = this.itemAt(place, key);
    if (old === undefined) return undefined;
    this.#changeList();
    const block = Math.floor(place / BLOCK);
    const items = this.#changeBlock(block);
    items.splice(place % BLOCK, 1);
    if (items.length === 0) this.blocks.splice(block, 1);
    return old;
  }

  /** Behind the last item: what is greater than all goes into the last block. */
  #lastEnd(): number {
    const last = this.blocks.length - 1;
    return last * BLOCK + (this.blocks[last]?.length ?? 0);
  }

  #changeList(): void {
    if (this.#listIsShown) this.blocks = this.blocks.slice();
    this.#listIsShown = false;
  }

  #changeBlock(block: number): T[] {
    const shown = this.blocks[block] ?? [];
    if (this.#own.has(shown)) return shown;
    const items = shown.slice();
    this.#own.add(items);
    this.blocks[block] = items;
    return items;
  }

  #split(block: number): void {
    const upper = this.#changeBlock(block).splice(BLOCK / 2);
    this.#own.add(upper);
    this.blocks.splice(block + 1, 0, upper);
  }
}

/** The first of `count` places that fits, where all behind one that fits do, too. */
function firstWhere(count: number, fits: (place: number) => boolean): number {
  let [from, to] = [0, count];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (fits(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
