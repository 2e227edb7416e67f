import { VarveError } from '../base/errors.js';
import { hasRemains, sweep } from '../core/log/removal.js';
import { openCore } from '../core/open.js';
import { take, takeSync } from '../core/steps.js';
import type { StreamCore } from '../core/stream-core.js';
import {
  type CheckedRequest,
  checkedRequest,
  type StreamOptions,
  type Target,
  targetMedium,
} from './open-options.js';

/** How often a reader looks before it believes that a stream is damaged. */
const LOOKS = 8;

/** Opens or creates what `Stream.open` is asked for. */
export async function openTarget(target: Target, options: StreamOptions | undefined): Promise<StreamCore> {
  let core = await openOnce(target, options);
  for (let looks = 1; looks < LOOKS && mayBeBlurred(core); looks++) {
    core.medium.close();
    core = await openOnce(target, options);
  }
  if (!core.readOnly && hasRemains(core)) await core.tasks.run(core.guarded(sweep(core)));
  return core;
}

/** As `openTarget`, blocking. */
export function openTargetSync(target: Target, options: StreamOptions | undefined): StreamCore {
  let core = openOnceSync(target, options);
  for (let looks = 1; looks < LOOKS && mayBeBlurred(core); looks++) {
    core.medium.close();
    core = openOnceSync(target, options);
  }
  if (!core.readOnly && hasRemains(core)) core.tasks.runSync(core.guarded(sweep(core)));
  return core;
}

/**
 * A reader may have caught a writer of another process in the midst of a checkpoint or a clear, and hold a picture of two moments
 * that looks like damage. Further looks decide.
 */
function mayBeBlurred(core: StreamCore): boolean {
  return core.readOnly && core.medium.path !== undefined && isDamaged(core);
}

function isDamaged({ damage, table }: StreamCore): boolean {
  return damage !== undefined || table.problems.length > 0;
}

async function openOnce(target: Target, options: StreamOptions | undefined): Promise<StreamCore> {
  const request = checkedRequest(options);
  request.signal?.throwIfAborted();
  const medium = targetMedium(target, request);
  try {
    return whole(await take(openCore(medium, request), medium, request.signal));
  } catch (error) {
    medium.close();
    if (createdMeanwhile(error, request)) return openOnce(target, { ...options, mode: 'open' });
    throw error;
  }
}

function openOnceSync(target: Target, options: StreamOptions | undefined): StreamCore {
  const request = checkedRequest(options);
  request.signal?.throwIfAborted();
  const medium = targetMedium(target, request);
  try {
    return whole(takeSync(openCore(medium, request), medium));
  } catch (error) {
    medium.close();
    if (createdMeanwhile(error, request)) return openOnceSync(target, { ...options, mode: 'open' });
    throw error;
  }
}

/** Throws if a part of the medium could not be read: what was found may be less than there is. */
function whole(core: StreamCore): StreamCore {
  if (core.medium.failed !== undefined) throw core.medium.failed;
  core.opened();
  return core;
}

/** True if somebody else created the stream between our look and our attempt. */
function createdMeanwhile(error: unknown, request: CheckedRequest): boolean {
  return request.mode === 'open-or-create' && error instanceof VarveError && error.code === 'VARVE_EXISTS';
}
