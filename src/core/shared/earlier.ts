import { REGION } from './board.js';

/** How often one looks: whoever has committed something is mostly about to make that durable himself. */
const LOOKS = 5000;

/** What other regions held, when a thread committed last, that was not durable: it has to be before that commit is acknowledged. */
export class Earlier {
  readonly #words: Int32Array;
  readonly #regions: number[] = [];
  readonly #tails: number[] = [];
  readonly #lives: number[] = [];
  #count = 0;
  #unknown = false;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  clear(): void {
    this.#count = 0;
    this.#unknown = false;
  }

  /** There is more than can be noted. */
  giveUp(): void {
    this.#unknown = true;
  }

  /** The commit lock is held. */
  add(region: number): void {
    const at = this.#count++;
    this.#regions[at] = region;
    this.#tails[at] = this.#words[region + REGION.tail] as number;
    this.#lives[at] = this.#words[region + REGION.life] as number;
  }

  /** True once all of it is durable; false if that takes longer than it should, or there is too much of it. */
  isSoonDurable(): boolean {
    if (this.#unknown) return false;
    for (let i = 0; i < this.#count; i++) if (!this.#isSoonDurable(i)) return false;
    return true;
  }

  #isSoonDurable(i: number): boolean {
    const words = this.#words;
    const region = this.#regions[i] as number;
    for (let looks = 0; looks < LOOKS; looks++) {
      if (Atomics.load(words, region + REGION.durable) >= (this.#tails[i] as number)) return true;
      if (words[region + REGION.life] !== this.#lives[i]) return true;
    }
    return false;
  }
}
