import type { Keyed, SortedView } from './sorted-map.js';

/** Which keys, and from which end, as abstract-level says it. */
export interface RangeOptions {
  readonly gt?: Uint8Array;
  readonly gte?: Uint8Array;
  readonly lt?: Uint8Array;
  readonly lte?: Uint8Array;
  readonly reverse?: boolean;
}

/** Goes through the items of a view whose keys lie in a range. */
export class Range<T extends Keyed> {
  readonly #view: SortedView<T>;
  readonly #options: RangeOptions;
  /** The places of the range: from here on, and before that one. */
  readonly #from: number;
  readonly #to: number;
  /** Forwards, where the next item stands; backwards, behind it. */
  #place: number;

  constructor(view: SortedView<T>, options: RangeOptions) {
    const { gt, gte, lt, lte } = options;
    const [lower, upper] = [gte ?? gt, lte ?? lt];
    this.#view = view;
    this.#options = options;
    this.#from = lower === undefined ? 0 : view.placeOf(lower, gte !== undefined);
    this.#to = upper === undefined ? view.end : view.placeOf(upper, lte === undefined);
    this.#place = options.reverse ? this.#to : this.#from;
  }

  next(): T | undefined {
    if (this.#options.reverse) {
      if (this.#place <= this.#from) return undefined;
      this.#place = this.#view.previous(this.#place);
      return this.#view.at(this.#place);
    }
    if (this.#place >= this.#to) return undefined;
    const item = this.#view.at(this.#place);
    this.#place = this.#view.next(this.#place);
    return item;
  }

  /** Goes on at that key, or at the next one if it is not there; ends if it is not in the range. */
  seek(key: Uint8Array): void {
    const { reverse } = this.#options;
    if (!this.#includes(key)) this.#place = reverse ? this.#from : this.#to;
    else this.#place = this.#view.placeOf(key, !reverse);
  }

  #includes(key: Uint8Array): boolean {
    const { gt, gte, lt, lte } = this.#options;
    const [lower, upper] = [gte ?? gt, lte ?? lt];
    if (lower !== undefined && Buffer.compare(key, lower) < (gte === undefined ? 1 : 0)) return false;
    return upper === undefined || Buffer.compare(key, upper) < (lte === undefined ? 0 : 1);
  }
}
