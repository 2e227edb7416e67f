import { assertBlocks, type Blocks, type BlocksAllocator } from './blocks.js';

/**
 * Blocks that keep nothing, and their own allocator: for measuring, and for programs whose log is switched off. A stream on them counts, and
 * cannot be read.
 *
 * @example
 * const stream = EndlessStream.loadSync(new Void(10, 17));
 */
export class Void implements Blocks, BlocksAllocator {
  readonly blockCount: number;
  readonly blockShift: number;
  readonly retains = false;

  /**
   * @param count number of blocks
   * @param shift they have 2^shift bytes each
   * @throws TypeError or RangeError with the code `VARVE_ARGUMENT`
   */
  constructor(count: number, shift: number) {
    assertBlocks(count, shift);
    this.blockCount = count;
    this.blockShift = shift;
  }

  loadFrom(): void {}

  storeAt(): void {}

  sync(): Promise<void> {
    return Promise.resolve();
  }

  syncSync(): void {}

  alloc(count: number, shift: number): Void {
    return new Void(count, shift);
  }

  release(): void {}

  retrieve(): Void[] {
    return [];
  }
}
