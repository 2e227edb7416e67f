import { VarveError } from '../../base/errors.js';
import { formatSize } from '../../base/sizes.js';
import type { StreamCore } from '../stream-core.js';
import type { Produced } from './leader.js';

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

/** A producer has gone on without this one. */
export function sequenceTooLow(log: string, { producer, sequence }: Produced): VarveError {
  return new VarveError(
    'VARVE_CONFLICT',
    `Cannot append sequence ${sequence} of producer '${producer}' to the log '${log}' as a later one of it is there, and this is not: ` +
      'append them in rising order',
  );
}

/** The entry that was asked for may have been there. */
export function sequenceTrimmed(log: string, { producer, sequence }: Produced): VarveError {
  return new VarveError(
    'VARVE_TRIMMED',
    `Cannot tell of sequence ${sequence} of producer '${producer}' in the log '${log}' as what it appended then was trimmed: it is not appended again`,
  );
}
