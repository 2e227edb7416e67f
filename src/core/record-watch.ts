import { RECORD } from '../format/layout.js';
import type { TableRecord } from '../format/record.js';
import type { Extent } from '../media/medium.js';

const [KIND, ID, CLEARS] = [RECORD.kind / 4, RECORD.id / 4, RECORD.clears / 4];

/** Whatever was read before is loaded before what is read next: an earlier load does not pass a store that releases, nor that a load that acquires. */
export function keepLoadsInOrder(): void {
  if (BARRIER === undefined) return;
  Atomics.store(BARRIER, 0, 0);
  Atomics.load(BARRIER, 0);
}

/** Where loads may overtake each other, this keeps them in order. */
const BARRIER = process.arch === 'x64' || process.arch === 'ia32' ? undefined : new Int32Array(1);

/**
 * Tells a reader, at the price of a few loads, whether the writer of another process may have freed or cleared a region: on mapped memory
 * its bytes are another region's from then on. A record changes before anything is stored over what it spoke of, so that
 * what was read before a look that finds nothing is right. Where windows are copies, what was verified stays right; there it is a matter of
 * learning of the change, for which the table has to be read again (`Glance`).
 */
export class RecordWatch {
  readonly #words: Uint32Array;
  readonly #glance: Glance;
  readonly #kind: number;
  readonly #idLow: number;
  readonly #idHigh: number;
  readonly #clears: number;

  /**
   * @param words the first copy of the record, where the writer stores it
   * @param record what it says of the region
   * @param glance the stream's
   */
  constructor(words: Uint32Array, { kind, id, clears }: TableRecord, glance: Glance) {
    this.#words = words;
    this.#glance = glance;
    this.#kind = kind;
    this.#idLow = id >>> 0;
    this.#idHigh = Math.floor(id / 2 ** 32);
    this.#clears = clears;
  }

  /** What was learned before does not count any more. */
  doubt(): void {
    this.#glance.lookAgain();
  }

  /** True if a longer look has to decide whether the region is still there. */
  get stirred(): boolean {
    return !this.#glance.fresh || this.moved;
  }

  /** True if the copy says something else now, also in the midst of a change of something else. What was verified in copies stays right. */
  get moved(): boolean {
    keepLoadsInOrder();
    const words = this.#words;
    return (
      words[KIND] !== this.#kind ||
      words[ID] !== this.#idLow ||
      words[ID + 1] !== this.#idHigh ||
      words[CLEARS] !== this.#clears
    );
  }
}

/**
 * Whether what is held of the table may be taken for what the medium says. Where windows show what another process stores, always: its words
 * are looked at. Where they are copies, a look at the table holds until the end of the job that took it: each further job, as whoever
 * waited for something, reads it once more.
 */
export class Glance {
  fresh: boolean;
  readonly #lasts: boolean;

  /** @param extent of the header, to find out which of both it is */
  constructor(extent: Extent) {
    this.#lasts = mirrors(extent);
    this.fresh = this.#lasts;
  }

  /** True if windows are copies. */
  get copied(): boolean {
    return !this.#lasts;
  }

  /** The table was read again just now. */
  looked(): void {
    if (this.fresh) return;
    this.fresh = true;
    queueMicrotask(() => this.lookAgain());
  }

  /** What was learned before does not count any more. */
  lookAgain(): void {
    this.fresh = this.#lasts;
  }
}

function mirrors(extent: Extent): boolean {
  const window = extent.read(0, extent.length, extent.length);
  extent.rewind();
  return extent.read(0, extent.length, extent.length) === window;
}
