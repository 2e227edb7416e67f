import type { Block } from './block.js';
import type { Segment } from './segment.js';

const CACHE_BYTES = 2 ** 20;
const BLOCKS_MIN = 8;
/** Numbers of blocks are below this. */
const NUMBERS = 2 ** 32;

/** The blocks that were read last, found to be good. */
export class BlockCache {
  /** In the order of use. */
  readonly #blocks = new Map<number, Block>();

  /**
   * A block that has to be there.
   *
   * @throws VARVE_CORRUPT if it is not what was stored
   */
  get(segment: Segment, number: number): Block {
    const key = segment.key * NUMBERS + number;
    const block = this.#blocks.get(key) ?? segment.mustRead(number);
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    const most = Math.max(BLOCKS_MIN, CACHE_BYTES / segment.size);
    const oldest = this.#blocks.size > most ? this.#blocks.keys().next() : undefined;
    if (oldest?.done === false) this.#blocks.delete(oldest.value);
    return block;
  }
}
