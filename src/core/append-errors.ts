import { VarveError } from '../base/errors.js';
import { formatSize } from '../base/sizes.js';
import { ENTRY } from '../format/layout.js';
import type { RegionLog } from './region-log.js';

/** There is no place for `size` bytes, only for `available`. */
export function full({ slot, length }: RegionLog, size: number, available: number): VarveError {
  return new VarveError(
    'VARVE_FULL',
    `Cannot append ${size} bytes to region ${slot.record.id} as at most ${available} of its ${formatSize(length)} are left: ` +
      'clear it, or use another region',
  );
}

/** The same where nothing can be placed before `end`. */
export function fullBehind(region: RegionLog, end: number, size: number): VarveError {
  return full(region, size, Math.max(0, region.length - end - ENTRY.header));
}

/** The region is gone. */
export function freed({ slot }: RegionLog): VarveError {
  const { id } = slot.record;
  return new VarveError('VARVE_REGION_FREED', `Region ${id} was freed: its handle is of no use any more`);
}

/** Everything that was in the region is gone, and what was to be appended behind it. */
export function goneBefore({ slot }: RegionLog): VarveError {
  const { id } = slot.record;
  return new VarveError('VARVE_REGION_FREED', `Region ${id} was freed or cleared before this was published`);
}

/** An open place keeps a blocking append from being committed, and only its own thread could settle it. */
export function openBefore({ slot }: RegionLog): VarveError {
  return new VarveError(
    'VARVE_BUSY',
    `Cannot append at once to region ${slot.record.id} as a place reserved before is still open: ` +
      'publish or cancel it first, or append without blocking',
  );
}

/**
 * The caller expected another last entry.
 *
 * @param actual the last entry's timestamp; undefined if another append is under way
 */
export function conflict(expected: number, actual: number | undefined): VarveError {
  const what = actual === undefined ? 'another append is under way' : `it is ${actual}`;
  return new VarveError(
    'VARVE_CONFLICT',
    `Cannot append as the last entry was expected to have timestamp ${expected}, but ${what}: read what is new and try again`,
  );
}
