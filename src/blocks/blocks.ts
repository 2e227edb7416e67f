import { rangeError, typeError } from '../base/errors.js';

/** The smallest and the largest blocks that streams take: 128 bytes and 16 MiB. */
export const BLOCK_SHIFT_MIN = 7;
export const BLOCK_SHIFT_MAX = 24;
/** The first block says whose the blocks are, and the last one is kept for what is no data: with fewer than these there is no room for any. */
export const BLOCK_COUNT_MIN = 3;
const BLOCK_COUNT_MAX = 2 ** 32 - 1;

/**
 * A fixed number of blocks of 2^shift bytes each: what a stream lies on. Blocks are read and stored as a whole.
 *
 * What was stored is what every later load shows. It is durable once a sync that began afterwards has succeeded, and may become durable at any
 * time before, each block in part or as a whole, in any order.
 */
export interface Blocks {
  readonly blockCount: number;
  /** Blocks have 2^blockShift bytes. */
  readonly blockShift: number;
  /** False for blocks that keep nothing. Left out: they do. */
  readonly retains?: boolean;
  /** The file, where there is one: errors name it. */
  readonly path?: string | undefined;
  /** Fills the buffers, one behind the other, from the beginning of a block on: whole blocks in all. */
  loadFrom(block: number, buffers: readonly Uint8Array[]): void;
  /** Stores the buffers, one behind the other, from the beginning of a block on: whole blocks in all. */
  storeAt(block: number, buffers: readonly Uint8Array[]): void;
  /** Makes everything stored so far durable. After an error it is not called again. */
  sync(): Promise<void>;
  syncSync(): void;
  /** Lets go of what is in use. What was not synced may be lost. */
  close?(): void;
}

/** Gives out blocks, and remembers which. */
export interface BlocksAllocator {
  /**
   * Allocates `count` blocks of 2^shift bytes, all zero. When it returns the allocation itself is durable.
   *
   * @throws VARVE_FULL or VARVE_IO if there is no room: nothing has changed then
   */
  alloc(count: number, shift: number): Blocks;
  /** Takes blocks back for good, durably. */
  release(blocks: Blocks): void;
  /** All that was allocated and not released, in the order of allocation. */
  retrieve(): Blocks[];
  /** Lets go of what is in use: the lock, and all blocks. */
  close?(): void;
}

/**
 * Checks a number of blocks and their size.
 *
 * @throws TypeError or RangeError with the code `VARVE_ARGUMENT`
 */
export function assertBlocks(count: number, shift: number): void {
  assertWhole(count, 'number of blocks', BLOCK_COUNT_MIN, BLOCK_COUNT_MAX);
  assertWhole(shift, 'block shift', BLOCK_SHIFT_MIN, BLOCK_SHIFT_MAX);
}

/** Throws a TypeError or RangeError unless `value` is a whole number from `least` to `most`. */
export function assertWhole(value: number, what: string, least: number, most: number): void {
  if (typeof value !== 'number')
    throw typeError(`Cannot use ${String(value)} as a ${what}: it must be a number`);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw rangeError(`Cannot use ${value} as a ${what}: it must be a whole number from ${least} to ${most}`);
  }
}
