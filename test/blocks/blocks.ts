import { type Blocks, type BlocksAllocator, MemoryBlocks } from '../../src/blocks/index.js';

/** Blocks that fail when they are told to, and know what of them is durable. */
export class FickleBlocks implements Blocks {
  readonly blockCount: number;
  readonly blockShift: number;
  readonly #seen: MemoryBlocks;
  readonly #durable: MemoryBlocks;
  readonly #doubtful = new Set<number>();
  /** Of each store, the number of the block. */
  readonly stores: number[] = [];
  syncs = 0;
  failing: 'store' | 'sync' | undefined;

  constructor(count: number, shift: number) {
    this.blockCount = count;
    this.blockShift = shift;
    this.#seen = new MemoryBlocks(count, shift);
    this.#durable = new MemoryBlocks(count, shift);
  }

  /** Numbers of the blocks that were stored and not synced since. */
  get doubtful(): number[] {
    return [...this.#doubtful].sort((a, b) => a - b);
  }

  loadFrom(block: number, buffers: readonly Uint8Array[]): void {
    this.#seen.loadFrom(block, buffers);
  }

  storeAt(block: number, buffers: readonly Uint8Array[]): void {
    if (this.failing === 'store') throw new Error('no store today');
    let at = block;
    for (const buffer of buffers) {
      this.#seen.storeAt(at, [buffer]);
      this.stores.push(at);
      this.#doubtful.add(at++);
    }
  }

  async sync(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.syncSync();
  }

  /** A sync that fails leaves the blocks as if they were synced, as kernels do: only what is stored again is synced later. */
  syncSync(): void {
    this.syncs++;
    const doubtful = this.doubtful;
    this.#doubtful.clear();
    if (this.failing === 'sync') throw new Error('no sync today');
    for (const block of doubtful) copy(this.#seen, this.#durable, block);
  }

  /** What is not durable is lost. */
  crash(): void {
    this.#doubtful.clear();
    for (let block = 0; block < this.blockCount; block++) copy(this.#durable, this.#seen, block);
  }
}

function copy(from: Blocks, to: Blocks, block: number): void {
  const bytes = new Uint8Array(2 ** from.blockShift);
  from.loadFrom(block, [bytes]);
  to.storeAt(block, [bytes]);
}

/** Gives out such blocks. */
export class FickleAllocator implements BlocksAllocator {
  readonly all: FickleBlocks[] = [];
  failing = false;

  alloc(count: number, shift: number): Blocks {
    if (this.failing) throw new Error('no more today');
    const blocks = new FickleBlocks(count, shift);
    this.all.push(blocks);
    return blocks;
  }

  release(blocks: Blocks): void {
    this.all.splice(this.all.indexOf(blocks as FickleBlocks), 1);
  }

  retrieve(): Blocks[] {
    return [...this.all];
  }
}

/** All bytes of blocks, for looking at and for changing. */
export function imageOf(blocks: Blocks): Uint8Array {
  const bytes = new Uint8Array(blocks.blockCount * 2 ** blocks.blockShift);
  blocks.loadFrom(0, [bytes]);
  return bytes;
}

/** Blocks in memory that hold an image. */
export function blocksOf(image: Uint8Array, shift: number): MemoryBlocks {
  const blocks = new MemoryBlocks(image.length / 2 ** shift, shift);
  blocks.storeAt(0, [image]);
  return blocks;
}
