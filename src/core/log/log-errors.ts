import { VarveError } from '../../base/errors.js';
import { formatSize } from '../../base/sizes.js';
import type { StreamCore } from '../stream-core.js';

/** The stream has no room for a further segment. */
export function logFull(core: StreamCore, log: string, size: number, segment: number): VarveError {
  return new VarveError(
    'VARVE_FULL',
    `Cannot append ${size} bytes to the log '${log}' as its stream has no room for a further segment of ${formatSize(segment)}, but ` +
      `${formatSize(core.available)} in one piece: trim the log, free a region, or let the stream grow`,
  );
}

/** Others wait for room already. */
export function waitingBefore(log: string): VarveError {
  return new VarveError(
    'VARVE_FULL',
    `Cannot append at once to the log '${log}' as earlier appends wait for room: trim the log, or append without blocking`,
  );
}

/** The log is gone. */
export function logFreed(log: string): VarveError {
  return new VarveError('VARVE_REGION_FREED', `The log '${log}' was freed: its handle is of no use any more`);
}
