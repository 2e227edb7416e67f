/**
 * A list of regions on the board, changed under the commit lock. A region is in it if its flag is its place in the list, counted from 1; whatever
 * else a thread that died may have left in the list counts for nothing.
 */
export class RegionList {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #count: number;
  readonly #flag: number;
  readonly #width: number;

  /**
   * @param at first word of the list
   * @param count the word that says how long it is
   * @param flag the word in a region's line that says where in the list it is
   * @param width words for each region in the list: the first one of its line, and what else is noted of it
   */
  constructor(words: Int32Array, at: number, count: number, flag: number, width: number) {
    this.#words = words;
    this.#at = at;
    this.#count = count;
    this.#flag = flag;
    this.#width = width;
  }

  get length(): number {
    return this.#words[this.#count] as number;
  }

  /** Where the words of the region at a place of the list begin. Places count from 0. */
  wordsAt(place: number): number {
    return this.#at + place * this.#width;
  }

  /** Adds a region, given by the first word of its line, unless it is there. Returns where its words begin. */
  add(region: number): number {
    const words = this.#words;
    const flag = words[region + this.#flag] as number;
    return flag === 0 ? this.#append(region) : this.wordsAt(flag - 1);
  }

  #append(region: number): number {
    const words = this.#words;
    const length = words[this.#count] as number;
    const at = this.wordsAt(length);
    words[at] = region;
    words[this.#count] = length + 1;
    words[region + this.#flag] = length + 1;
    return at;
  }

  /** Leaves in it only the regions that `keep` wants. */
  prune(keep: (region: number) => boolean): void {
    const words = this.#words;
    const length = words[this.#count] as number;
    let kept = 0;
    for (let i = 0; i < length; i++) {
      const at = this.wordsAt(i);
      const region = words[at] as number;
      if (words[region + this.#flag] !== i + 1) continue;
      if (!keep(region)) {
        words[region + this.#flag] = 0;
      } else if (kept++ < i) {
        words.copyWithin(this.wordsAt(kept - 1), at, at + this.#width);
        words[region + this.#flag] = kept;
      }
    }
    // What stays as it is is not stored to: the line of a region is in the cache of the thread that appends to it.
    if (kept < length) words[this.#count] = kept;
  }

  /** The first words of its regions' lines. */
  all(): number[] {
    const regions: number[] = [];
    this.prune((region) => regions.push(region) > 0);
    return regions;
  }
}
