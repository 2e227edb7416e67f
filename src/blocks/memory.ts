import { VarveError } from '../base/errors.js';
import { MemoryMedium } from '../media/memory.js';
import { assertBlocks, type Blocks, type BlocksAllocator } from './blocks.js';
import { MediumBlocks } from './medium-blocks.js';

/** Blocks in memory, gone with the process. */
export class MemoryBlocks extends MediumBlocks {
  /**
   * @param count number of blocks
   * @param shift they have 2^shift bytes each
   * @throws TypeError or RangeError with the code `VARVE_ARGUMENT`
   */
  constructor(count: number, shift: number) {
    assertBlocks(count, shift);
    super(new MemoryMedium(count * 2 ** shift), count, shift);
  }
}

/**
 * Gives out blocks in memory. Who loads a stream from the same object again finds it as it was.
 *
 * @example
 * const stream = EndlessStream.loadSync(new Memory());
 */
export class Memory implements BlocksAllocator {
  readonly #allocated = new Set<Blocks>();

  alloc(count: number, shift: number): Blocks {
    const blocks = new MemoryBlocks(count, shift);
    this.#allocated.add(blocks);
    return blocks;
  }

  release(blocks: Blocks): void {
    if (!this.#allocated.delete(blocks))
      throw new VarveError('VARVE_NOT_FOUND', 'Cannot release these blocks: they are not of this memory');
    blocks.close?.();
  }

  retrieve(): Blocks[] {
    return [...this.#allocated];
  }
}
