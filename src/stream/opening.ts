import { VarveError } from '../base/errors.js';
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

/** Opens or creates what `Stream.open` is asked for. */
export async function openTarget(target: Target, options: StreamOptions | undefined): Promise<StreamCore> {
  const request = checkedRequest(options);
  request.signal?.throwIfAborted();
  const medium = targetMedium(target, request);
  try {
    return await take(openCore(medium, request), medium, request.signal);
  } catch (error) {
    medium.close();
    if (createdMeanwhile(error, request)) return openTarget(target, { ...options, mode: 'open' });
    throw error;
  }
}

/** As `openTarget`, blocking. */
export function openTargetSync(target: Target, options: StreamOptions | undefined): StreamCore {
  const request = checkedRequest(options);
  request.signal?.throwIfAborted();
  const medium = targetMedium(target, request);
  try {
    return takeSync(openCore(medium, request), medium);
  } catch (error) {
    medium.close();
    if (createdMeanwhile(error, request)) return openTargetSync(target, { ...options, mode: 'open' });
    throw error;
  }
}

/** True if somebody else created the stream between our look and our attempt. */
function createdMeanwhile(error: unknown, request: CheckedRequest): boolean {
  return request.mode === 'open-or-create' && error instanceof VarveError && error.code === 'VARVE_EXISTS';
}
