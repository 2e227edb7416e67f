import type { Steps } from '../core/steps.js';
import { Block } from './block.js';
import type { Blocks } from './blocks.js';
import { problem, type Segment } from './segment.js';

/** Bytes that are looked at between two pauses. */
const STRETCH_BYTES = 2 ** 20;

/** What stands in the blocks of a segment behind its head, as far as that can be told without the other segments. */
export interface Scan {
  readonly segment: Segment;
  /** Number of blocks in a row that are good: behind it there are none that count. */
  readonly next: number;
  /** Position of the first byte, and that behind the last one. */
  readonly base: number;
  readonly end: number;
  /** Where the first group here begins, and the last one; and the number of the last one's first block here. */
  readonly firstGroup: number;
  readonly lastGroup: number;
  readonly lastFrom: number;
  /** True if the last group ends here. */
  readonly ended: boolean;
  /** What was dropped from the front by then. */
  readonly first: number;
  /** True if the last block holds no data: it tells that all before it is durable. */
  readonly certified: boolean;
  /** Behind the last block that is whole, and does not count. */
  readonly leftover: number;
  /** The latest group of which a block is here, whether it counts or not. */
  readonly newest: number;
}

/**
 * Finds out how far the blocks of a segment are good. Whatever was synced is; what a sync that was cut short has left is not.
 *
 * @throws VARVE_CORRUPT if a block is not there of which another one says that it was durable
 */
export function* scan(segment: Segment): Steps<Scan> {
  let next = boundary(segment);
  const last = next > 1 ? segment.mustRead(next - 1) : undefined;
  if (last !== undefined && !(yield* isWhole(segment, last))) next = Math.max(last.durable, 1);
  const { leftover, newest } = yield* lookBehind(segment, next);
  return scanned(segment, next, leftover, newest);
}

/** What is known of a segment of which so many blocks count. */
export function scanned(segment: Segment, next: number, leftover: number, newest: number): Scan {
  const first = next > 1 ? segment.mustRead(1) : undefined;
  const last = next > 1 ? segment.mustRead(next - 1) : undefined;
  return {
    segment,
    next,
    base: first?.position ?? 0,
    end: last?.end ?? 0,
    firstGroup: first?.group ?? 0,
    lastGroup: last?.group ?? 0,
    lastFrom: Math.max(last?.durable ?? 1, 1),
    ended: last?.ends ?? true,
    first: last?.first ?? 0,
    certified: last?.used === 0,
    leftover,
    newest: Math.max(newest, last?.group ?? 0),
  };
}

/** A place where a good block stands before one that is not. There is but one, unless the end was torn or something is damaged. */
function boundary(segment: Segment): number {
  const scratch = segment.newBlock();
  let good = 0;
  let bad = segment.blocks.blockCount;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (segment.read(middle, scratch) === undefined) bad = middle;
    else good = middle;
  }
  return bad;
}

/** True if all blocks of the group from its first one here to `last` are good, and of one piece. */
function* isWhole(segment: Segment, last: Block): Steps<boolean> {
  const scratch = segment.newBlock();
  let position: number | undefined;
  for (let number = last.durable; number <= last.number; number++) {
    if (isStretch(segment, number)) yield 'pause';
    const block = segment.read(number, scratch);
    if (block === undefined || block.group !== last.group || block.durable !== last.durable) return false;
    if (position !== undefined && block.position !== position) return false;
    if (block.ends && number < last.number) return false;
    position = block.end;
  }
  return true;
}

/** Looks at everything from block `next` on, which does not count: for what is left there, and for what should not be there. */
function* lookBehind(segment: Segment, next: number): Steps<{ leftover: number; newest: number }> {
  let leftover = next;
  let newest = 0;
  for (const stretch of stretches(segment.blocks, next)) {
    yield 'pause';
    for (const [number, block] of stretch) {
      if (!segment.owns(block)) continue;
      // No crash takes a block to another place.
      if (block.number !== number) throw segment.damage(number);
      if (block.durable > next) throw segment.damage(next);
      leftover = number + 1;
      newest = Math.max(newest, block.group);
    }
  }
  return { leftover, newest };
}

/** The blocks from `from` on, in stretches: each is good until the next one is asked for. */
function* stretches(blocks: Blocks, from: number): Generator<Iterable<[number, Block]>, void, void> {
  const size = 2 ** blocks.blockShift;
  const most = Math.max(1, STRETCH_BYTES / size);
  const bytes = new Uint8Array(Math.min(most, Math.max(1, blocks.blockCount - from)) * size);
  for (let number = from; number < blocks.blockCount; number += most) {
    const count = Math.min(most, blocks.blockCount - number);
    blocks.loadFrom(number, [bytes.subarray(0, count * size)]);
    yield blocksIn(bytes, number, count, size);
  }
}

function* blocksIn(
  bytes: Uint8Array,
  number: number,
  count: number,
  size: number,
): Generator<[number, Block], void, void> {
  for (let i = 0; i < count; i++) yield [number + i, new Block(bytes.subarray(i * size, (i + 1) * size))];
}

function isStretch({ size }: Segment, number: number): boolean {
  return number % Math.max(1, STRETCH_BYTES / size) === 0;
}

/**
 * Throws unless blocks without a head are blank: what is whole on them belonged to a head that is damaged.
 *
 * @throws VARVE_CORRUPT
 */
export function* assertBlank(blocks: Blocks): Steps<void> {
  for (const stretch of stretches(blocks, 1)) {
    yield 'pause';
    for (const [, block] of stretch) {
      if (block.isWhole())
        throw problem(blocks, 'VARVE_CORRUPT', 'its first block is damaged; restore it', 0);
    }
  }
}
