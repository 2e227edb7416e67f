import type { Block } from './block.js';
import type { Segment } from './segment.js';

/** As much is kept of each of two generations, and so many blocks at least. */
const GENERATION_BYTES = 2 ** 19;
const GENERATION_BLOCKS = 4;

type Generation = Map<Segment, Map<number, Block>>;

/** The blocks that were read last, found to be good. What was not used for a whole generation is forgotten. */
export class BlockCache {
  #young: Generation = new Map();
  #old: Generation = new Map();
  #blocks = 0;
  #bytes = 0;

  /**
   * A block that has to be there.
   *
   * @throws VARVE_CORRUPT if it is not what was stored
   */
  get(segment: Segment, number: number): Block {
    const kept = this.#young.get(segment)?.get(number);
    if (kept !== undefined) return kept;
    const block = this.#old.get(segment)?.get(number) ?? segment.mustRead(number);
    this.#keep(segment, number, block);
    return block;
  }

  #keep(segment: Segment, number: number, block: Block): void {
    if (this.#bytes >= GENERATION_BYTES && this.#blocks >= GENERATION_BLOCKS) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#blocks = 0;
      this.#bytes = 0;
    }
    const ofSegment = this.#young.get(segment) ?? new Map<number, Block>();
    this.#young.set(segment, ofSegment.set(number, block));
    this.#blocks++;
    this.#bytes += segment.size;
  }
}
