import { RECORD } from '../format/layout.js';
import type { TableRecord } from '../format/record.js';

const [KIND, ID, CLEARS] = [RECORD.kind / 4, RECORD.id / 4, RECORD.clears / 4];

/**
 * Tells a reader, at the price of a few loads, whether the writer of another process may have freed or cleared a region: on mapped memory
 * its bytes are another region's from then on. A record changes before anything is stored over what it spoke of, so that
 * what was read before a look that finds nothing is right.
 */
export class RecordWatch {
  readonly #words: Uint32Array;
  readonly #kind: number;
  readonly #idLow: number;
  readonly #idHigh: number;
  readonly #clears: number;

  /**
   * @param words the first copy of the record, where the writer stores it
   * @param record what it says of the region
   */
  constructor(words: Uint32Array, { kind, id, clears }: TableRecord) {
    this.#words = words;
    this.#kind = kind;
    this.#idLow = id >>> 0;
    this.#idHigh = Math.floor(id / 2 ** 32);
    this.#clears = clears;
  }

  /** True if the copy says something else now, also in the midst of a change of something else: a longer look has to decide. */
  get stirred(): boolean {
    const words = this.#words;
    return (
      words[KIND] !== this.#kind ||
      words[ID] !== this.#idLow ||
      words[ID + 1] !== this.#idHigh ||
      words[CLEARS] !== this.#clears
    );
  }
}
