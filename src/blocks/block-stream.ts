import { type Steps, take, takeSync } from '../core/steps.js';
import type { Blocks } from './blocks.js';
import { assertWhole } from './blocks.js';
import { ByteStream } from './byte-stream.js';
import { Chain, type drainsOf } from './chain.js';
import { join } from './join.js';
import { assertBlank, scan } from './scan.js';
import { problem, Segment, SegmentKind } from './segment.js';

/** Positions are whole numbers below 2^53: enough are left for whatever is appended. */
const OFFSET_MAX = 2 ** 52;

/**
 * A contiguous stream of bytes on a fixed number of blocks.
 *
 * @example
 * const stream = BlockStream.createSync(new MemoryBlocks(1024, 12));
 * stream.append('a line\n');
 * stream.syncSync();
 * for (const { data } of stream) process.stdout.write(data);
 */
export class BlockStream extends ByteStream {
  /**
   * Makes blocks an empty block stream, durably. Whatever was on them is lost.
   *
   * @param offset position of its first byte, up to 2^52
   * @throws VARVE_IO, TypeError, RangeError
   */
  static async initialize(blocks: Blocks, offset = 0): Promise<void> {
    await take(initializing(blocks, offset), unknownDrains(blocks));
  }

  /** As `initialize`, blocking. */
  static initializeSync(blocks: Blocks, offset = 0): void {
    takeSync(initializing(blocks, offset), unknownDrains(blocks));
  }

  /** Makes blocks an empty block stream, and opens it. As `initialize` and `load`. */
  static create(blocks: Blocks, offset = 0): Promise<BlockStream> {
    return take(creating(blocks, offset), unknownDrains(blocks));
  }

  /** As `create`, blocking. */
  static createSync(blocks: Blocks, offset = 0): BlockStream {
    return takeSync(creating(blocks, offset), unknownDrains(blocks));
  }

  /**
   * Opens a block stream. It reads the blocks that are free, and few of the others: `verify` reads all of them.
   *
   * @throws VARVE_NOT_A_STREAM if it was never initialized, VARVE_MISMATCH if the blocks are of another size, VARVE_CORRUPT if something is
   * damaged, VARVE_IO
   */
  static load(blocks: Blocks): Promise<BlockStream> {
    return take(loading(blocks), unknownDrains(blocks));
  }

  /** As `load`, blocking. */
  static loadSync(blocks: Blocks): BlockStream {
    return takeSync(loading(blocks), unknownDrains(blocks));
  }
}

/** Drains whatever was stored on blocks of which there is no segment yet. */
function unknownDrains(blocks: Blocks): ReturnType<typeof drainsOf> {
  return { slow: true, drain: () => blocks.sync(), drainSync: () => blocks.syncSync() };
}

function* initializing(blocks: Blocks, offset: number): Steps<Segment> {
  assertWhole(offset, 'position', 0, OFFSET_MAX);
  const segment = Segment.make(blocks, SegmentKind.alone, offset);
  yield 'drain';
  return segment;
}

function* creating(blocks: Blocks, offset: number): Steps<BlockStream> {
  const segment = yield* initializing(blocks, offset);
  segment.durable = 1;
  return new BlockStream(new Chain([segment], { end: offset, first: offset, certified: true }));
}

function* loading(blocks: Blocks): Steps<BlockStream> {
  const segment = Segment.open(blocks, SegmentKind.alone);
  if (segment === undefined) {
    yield* assertBlank(blocks);
    throw problem(blocks, 'VARVE_NOT_A_STREAM', 'it was never initialized; create it');
  }
  const joined = yield* join([yield* scan(segment)]);
  if (segment.isDirty) yield 'drain';
  return new BlockStream(new Chain([segment], joined));
}
