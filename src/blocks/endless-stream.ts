import { rangeError, typeError } from '../base/errors.js';
import { type Steps, take, takeSync } from '../core/steps.js';
import { assertBlocks, type Blocks, type BlocksAllocator } from './blocks.js';
import { ByteStream } from './byte-stream.js';
import { Chain, drainsOf } from './chain.js';
import { join } from './join.js';
import { assertBlank, type Scan, scan } from './scan.js';
import { Segment, SegmentKind } from './segment.js';

/** What an endless stream grows by. */
export interface GrowOptions {
  /** Number of blocks of each further block stream. Default 4096. */
  readonly blockCount?: number;
  /** They have 2^blockShift bytes each. Default 12: 4 KiB, the least that most media store at once. */
  readonly blockShift?: number;
}

/** Figures of an endless stream. */
export interface EndlessStatistics {
  /** Block streams in the chain, also those that wait to be used. */
  readonly blockStreams: number;
  /** Blocks of all of them, and how many of these are in use. */
  readonly blocks: number;
  readonly blocksUsed: number;
  /** Bytes on the medium, of all blocks. */
  readonly bytesAllocated: number;
  /** Bytes from the first position to the end. */
  readonly length: number;
  /** Of these, bytes that are not synced. */
  readonly unsynced: number;
  /** Bytes of data that the blocks could hold. */
  readonly capacity: number;
  /** How often something was made durable since it was loaded. */
  readonly syncs: number;
}

const DEFAULT_COUNT = 4096;
const DEFAULT_SHIFT = 12;

/**
 * A stream of bytes without an end: a chain of block streams, which grows at the end and is given back from the front. Positions go on counting,
 * also after what they led to was given back and the process has ended.
 *
 * @example
 * const stream = await EndlessStream.load(new FileSystem('spool'));
 * stream.append('a line\n');
 * await stream.sync();
 * for (const { data } of stream) process.stdout.write(data);
 */
export class EndlessStream extends ByteStream {
  readonly #allocator: BlocksAllocator;
  readonly #options: Required<GrowOptions>;

  private constructor(allocator: BlocksAllocator, options: Required<GrowOptions>, chain: Chain) {
    super(chain);
    this.#allocator = allocator;
    this.#options = options;
  }

  /**
   * Opens what was allocated: a stream as it was when it was last synced, or an empty one. The allocator is closed with the stream; if this
   * throws, it is still open.
   *
   * @param options what it grows by
   * @throws VARVE_CORRUPT if something is damaged, VARVE_MISMATCH, VARVE_IO, TypeError, RangeError
   */
  static load(allocator: BlocksAllocator, options: GrowOptions = {}): Promise<EndlessStream> {
    const segments: Segment[] = [];
    return take(EndlessStream.#loading(allocator, checked(options), segments), drainsOf(segments));
  }

  /** As `load`, blocking. */
  static loadSync(allocator: BlocksAllocator, options: GrowOptions = {}): EndlessStream {
    const segments: Segment[] = [];
    return takeSync(EndlessStream.#loading(allocator, checked(options), segments), drainsOf(segments));
  }

  static *#loading(
    allocator: BlocksAllocator,
    options: Required<GrowOptions>,
    segments: Segment[],
  ): Steps<EndlessStream> {
    for (const blocks of allocator.retrieve()) segments.push(yield* opened(blocks));
    const scans: Scan[] = [];
    for (const segment of segments) scans.push(yield* scan(segment));
    const joined = yield* join(scans);
    if (segments.some(({ isDirty }) => isDirty)) yield 'drain';
    const { blockCount, blockShift } = options;
    const chain = new Chain(segments, joined, () => made(allocator, blockCount, blockShift, true));
    return new EndlessStream(allocator, options, chain);
  }

  /**
   * Adds a block stream at the end, which is used once those before it are full. `append` does that by itself, blocking, where there is no room.
   *
   * @param options of this one; left out: as all others
   * @throws what the allocator throws, and nothing has changed; VARVE_CLOSED, VARVE_POISONED, TypeError, RangeError
   */
  grow(options: GrowOptions = {}): Promise<void> {
    return this.chain.run(this.#growing(options));
  }

  /** As `grow`, blocking. */
  growSync(options: GrowOptions = {}): void {
    this.chain.runSync(this.#growing(options));
  }

  /**
   * Drops everything before a position. The next sync makes that durable, and `shrink` gives blocks back.
   *
   * @param position up to what is synced; one that was dropped already changes nothing
   * @throws VARVE_CLOSED, VARVE_POISONED, TypeError, RangeError
   */
  advance(position: number): void {
    if (typeof position !== 'number')
      throw typeError(`Cannot advance to ${String(position)}: it must be a number`);
    if (!Number.isSafeInteger(position) || position < 0 || position > this.synced)
      throw rangeError(`Cannot advance to position ${position}: what is synced ends at ${this.synced}`);
    this.chain.advance(position);
  }

  /**
   * Gives back the block streams of which everything was dropped, durably; all but the last one with data, as positions go on from there.
   *
   * @returns how many
   * @throws what the allocator throws; VARVE_CLOSED, VARVE_POISONED
   */
  shrink(): Promise<number> {
    return this.chain.run(this.#shrinking());
  }

  /** As `shrink`, blocking. */
  shrinkSync(): number {
    return this.chain.runSync(this.#shrinking());
  }

  /** Figures of this moment. */
  statistics(): EndlessStatistics {
    const { segments, syncs } = this.chain;
    const sum = (of: (segment: Segment) => number) => segments.reduce((total, each) => total + of(each), 0);
    return {
      blockStreams: segments.length,
      blocks: sum(({ blocks }) => blocks.blockCount),
      blocksUsed: sum(({ taken }) => taken),
      bytesAllocated: sum(({ blocks, size }) => blocks.blockCount * size),
      length: this.length,
      unsynced: this.end - this.synced,
      capacity: this.capacity,
      syncs,
    };
  }

  /** @internal */
  protected override letGo(): void {
    super.letGo();
    this.#allocator.close?.();
  }

  *#growing(options: GrowOptions): Steps<void> {
    const { blockCount, blockShift } = checked({ ...this.#options, ...options });
    this.chain.assertSound();
    const segment = made(this.#allocator, blockCount, blockShift, false);
    this.chain.segments.push(segment);
    yield* this.chain.prepare(segment);
  }

  *#shrinking(): Steps<number> {
    this.chain.assertSound();
    const dropped = this.chain.dropped();
    for (const { blocks } of dropped) {
      this.#allocator.release(blocks);
      this.chain.segments.shift();
      yield 'pause';
    }
    return dropped.length;
  }
}

function checked(options: GrowOptions): Required<GrowOptions> {
  if (typeof options !== 'object' || options === null)
    throw typeError(`Cannot use ${String(options)} as options: they must be an object`);
  const { blockCount = DEFAULT_COUNT, blockShift = DEFAULT_SHIFT } = options;
  assertBlocks(blockCount, blockShift);
  return { blockCount, blockShift };
}

/** Blocks without a head were allocated just before a crash: they are made what they were to be. */
function* opened(blocks: Blocks): Steps<Segment> {
  const segment = Segment.open(blocks, SegmentKind.chained);
  if (segment !== undefined) return segment;
  yield* assertBlank(blocks);
  return Segment.make(blocks, SegmentKind.chained, 0);
}

/** Allocates a further segment; `durably`: its head is durable when this returns. */
function made(allocator: BlocksAllocator, count: number, shift: number, durably: boolean): Segment {
  const blocks = allocator.alloc(count, shift);
  try {
    const segment = Segment.make(blocks, SegmentKind.chained, 0);
    if (durably) readied(segment);
    return segment;
  } catch (error) {
    allocator.release(blocks);
    throw error;
  }
}

function readied(segment: Segment): void {
  segment.syncSync();
  segment.durable = 1;
}
