import { typeError, VarveError } from '../../base/errors.js';
import { attachMedium } from '../../media/attach.js';
import type { MediumHandle } from '../../media/handle.js';
import type { Medium } from '../../media/medium.js';
import { loadStructure } from '../open.js';
import type { StreamCore } from '../stream-core.js';
import { BOARD, Board } from './board.js';
import { Lines } from './lines.js';
import { SharedLock } from './lock.js';
import { Sharing } from './sharing.js';
import { Threads } from './threads.js';

/** By what another thread of the process takes part in an open stream. It can be cloned. */
export interface CoreHandle {
  readonly medium: MediumHandle;
  readonly board: SharedArrayBuffer;
  readonly maxSize: number | undefined;
  /** Where counting began when the stream was opened, and the newest timestamp there was then. */
  readonly start: { readonly last: number; readonly newest: number };
}

/**
 * Lets other threads take part in a stream. The first time everything that they must agree on moves to the board.
 *
 * @throws VARVE_BUSY if a slot is open, TypeError if the medium serves one thread only, VARVE_IO if it cannot be shared here
 */
export function shareCore(core: StreamCore): CoreHandle {
  core.assertWritable();
  core.sharing ??= begin(core);
  const { maxSize, clock, sharing } = core;
  return { medium: handleOf(core), board: sharing.board.memory, maxSize, start: clock.start };
}

function begin(core: StreamCore): Sharing {
  // What is in doubt only this thread knows.
  core.tasks.runSync(core.guarded(core.table.keepWhatWasRead()));
  for (const { reservations, slot } of core.regions.values()) {
    if (!reservations.none) throw slotOpen(slot.record.id);
  }
  core.persister.persistSync();
  handleOf(core);
  const { start, blockSize } = core.prefix.data;
  const board = Board.create(Lines.capacity(blockSize, sizeMax(core) - start));
  const sharing = new Sharing(core, board, new Threads(board));
  core.share(sharing);
  sharing.begin();
  return sharing;
}

/**
 * Takes part in a stream that another thread has open.
 *
 * @throws VARVE_CLOSED if it was closed in all threads, VARVE_BUSY if too many have it open, VARVE_IO
 */
export function attachCore(handle: CoreHandle): StreamCore {
  const medium = attachMedium(handle.medium);
  try {
    const core = join(medium, handle);
    core.opened();
    return core;
  } catch (error) {
    medium.close();
    throw error;
  }
}

function join(medium: Medium, handle: CoreHandle): StreamCore {
  const board = new Board(handle.board);
  const threads = new Threads(board);
  try {
    return load(medium, handle, board, threads);
  } catch (error) {
    threads.leave();
    throw error;
  }
}

function load(medium: Medium, { start, maxSize }: CoreHandle, board: Board, threads: Threads): StreamCore {
  const structure = new SharedLock(board.words, BOARD.structureLock, threads);
  const taking = structure.acquire();
  try {
    if (Atomics.load(board.words, BOARD.closed) !== 0) throw closedEverywhere();
    const core = loadStructure(medium, maxSize);
    core.clock.start = start;
    const sharing = new Sharing(core, board, threads);
    core.share(sharing);
    sharing.join(taking === 'abandoned');
    return core;
  } finally {
    structure.release();
  }
}

/** Bytes that the stream may have at some time. */
function sizeMax({ prefix, maxSize = 0 }: StreamCore): number {
  return Math.max(prefix.size, maxSize);
}

function handleOf(core: StreamCore): MediumHandle {
  const { medium } = core;
  if (medium.share !== undefined) return medium.share(sizeMax(core));
  throw typeError(
    `Cannot share a stream on a ${medium.kind} medium with other threads: it serves one thread`,
  );
}

function slotOpen(region: number): VarveError {
  return new VarveError(
    'VARVE_BUSY',
    `Cannot share this stream as a slot is open in region ${region}: publish or cancel it first`,
  );
}

function closedEverywhere(): VarveError {
  return new VarveError(
    'VARVE_CLOSED',
    'Cannot attach to this stream: it was closed in all threads; open it again',
  );
}
