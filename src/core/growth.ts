import { hasCode } from '../base/errors.js';
import { roundDown, roundUp } from '../base/sizes.js';
import type { Steps } from './steps.js';
import type { StreamCore } from './stream-core.js';

/**
 * A stream grows by an eighth of its size at least: each time costs a change of the file's length and three drains, so that this bounds how often it
 * comes to that while no more than an eighth of the file was had too early.
 */
const SHARE = 8;

/** How many bytes the stream's data could reach to. */
function endMax({ maxSize, medium, prefix }: StreamCore): number {
  const { end, blockSize } = prefix.data;
  const most = Math.min(maxSize ?? 0, Math.max(medium.size, medium.sizeMax ?? 0));
  return Math.max(end, roundDown(most, blockSize));
}

/** The largest free piece that there could be at the end of the stream. */
export function largestAfterGrowth(core: StreamCore): number {
  return core.allocator.last + endMax(core) - core.prefix.data.end;
}

/**
 * Takes `size` bytes of free space, a multiple of the block size; where there is no such piece, the stream grows. Undefined if it may not grow so
 * far.
 *
 * @throws VARVE_FULL if the medium has no room for what the stream may grow to: nothing has changed then
 */
export function* takeSpace(core: StreamCore, size: number): Steps<number | undefined> {
  const { allocator } = core;
  const offset = allocator.take(size);
  if (offset !== undefined || size > largestAfterGrowth(core)) return offset;
  yield* grow(core, size - allocator.last);
  return allocator.take(size);
}

/**
 * Makes the stream longer by `bytes` at least. The order matters: the medium has its new length durably before the state says so, and that is
 * durable before anything is stored there. So a crash leaves a stream of the old size, perhaps on a longer medium, or one of the new size.
 */
function* grow(core: StreamCore, bytes: number): Steps<void> {
  const { prefix, allocator } = core;
  const { end, blockSize } = prefix.data;
  const least = end + bytes;
  const wanted = roundUp(Math.max(least, prefix.size + prefix.size / SHARE), blockSize);
  const size = lengthen(core, least, Math.min(wanted, endMax(core)));
  yield 'drain';
  yield* core.table.keepWhatWasRead();
  yield* prefix.saveState({ size });
  allocator.extend(prefix.data.end);
}

/** Gives the medium `wanted` bytes, or `least` where so many are not to be had; says which. */
function lengthen({ medium, prefix }: StreamCore, least: number, wanted: number): number {
  try {
    medium.grow?.(prefix.size, wanted);
    return wanted;
  } catch (error) {
    if (!isFull(error) || wanted === least) throw error;
  }
  medium.grow?.(prefix.size, least);
  return least;
}

/** True if something was refused for want of room, and nothing has changed. */
export function isFull(error: unknown): boolean {
  return hasCode(error, 'VARVE_FULL');
}
