import { DIRTY, observe, REGION } from './board.js';
import { passTime } from './pass-time.js';
import type { RegionList } from './region-list.js';

// By names of this file the words are constants to the compiler; looked up in another module's object they are not.
const { durable: DURABLE, life: LIFE } = REGION;
const { life: DIRTY_LIFE, region: DIRTY_REGION, tail: DIRTY_TAIL } = DIRTY;

/** With more dirty regions than this a commit does not look at each of them. */
export const FEW = 8;
/** How often one looks: whoever has committed something is mostly about to make that durable himself. */
const LOOKS = 1000;
/** How long one waits in between, in turns of `passTime`. */
const PAUSE = 64;

/**
 * What other regions held, when a thread committed last, that may not have been durable: it has to be before that commit is acknowledged.
 */
export class Earlier {
  readonly #words: Int32Array;
  readonly #dirty: RegionList;
  readonly #regions = new Int32Array(FEW);
  readonly #tails = new Int32Array(FEW);
  readonly #lives = new Int32Array(FEW);
  #count = 0;
  #unknown = false;

  constructor(words: Int32Array, dirty: RegionList) {
    this.#words = words;
    this.#dirty = dirty;
  }

  /** Notes what there is but for one region. The commit lock is held. */
  survey(region: number): void {
    const { length } = this.#dirty;
    this.#unknown = length > FEW;
    this.#count = 0;
    for (let place = 0; place < length && place < FEW; place++) {
      const at = this.#dirty.wordsAt(place);
      if (this.#words[at] !== region) this.#note(at);
    }
  }

  /** It is not known what there was. */
  giveUp(): void {
    this.#unknown = true;
  }

  /** True once all of it is durable; false if that takes longer than it should, or if it is not known what it is. */
  isSoonDurable(): boolean {
    if (this.#unknown) return false;
    for (let i = 0; i < this.#count; i++) if (!this.#isSoonDurable(i)) return false;
    return true;
  }

  #note(at: number): void {
    const words = this.#words;
    const i = this.#count++;
    this.#regions[i] = words[at + DIRTY_REGION] as number;
    this.#tails[i] = words[at + DIRTY_TAIL] as number;
    this.#lives[i] = words[at + DIRTY_LIFE] as number;
  }

  #isSoonDurable(i: number): boolean {
    const words = this.#words;
    const region = this.#regions[i] as number;
    const tail = this.#tails[i] as number;
    const life = this.#lives[i] as number;
    if (observe(words, region + DURABLE) >= tail) return true;
    // In a loop without a call the compiler would be free to load a word once and for all.
    for (let looks = 0; looks < LOOKS; looks++) {
      if (Atomics.load(words, region + DURABLE) >= tail) return true;
      if (Atomics.load(words, region + LIFE) !== life) return true;
      passTime(PAUSE);
    }
    return false;
  }
}
