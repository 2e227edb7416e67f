import { rangeError, typeError, VarveError, type VarveErrorCode } from '../base/errors.js';
import { roundDown } from '../base/sizes.js';
import { getU64 } from '../format/words.js';
import type { Extent, Medium } from '../media/medium.js';
import { openMedium } from '../media/open.js';
import { type HeaderProblem, newHeader, problemOf } from './header.js';
import { LOG, MIN_POOL, POOL, POOL_PAGE } from './layout.js';
import { LogPool, writeNewPool } from './log-pool.js';

export { MIN_POOL } from './layout.js';
export { LogPool, type WalkCallback } from './log-pool.js';

/** The interface of libpmemlog that this one follows. */
const [MAJOR, MINOR] = [1, 1];

/**
 * Makes a pool.
 *
 * @param filename where nothing may be yet; with `poolSize` 0 a file that is there already, with nothing but zeroes at its beginning
 * @param poolSize bytes of the file, `MIN_POOL` at least; 0: as many as it has
 * @param mode permissions of the file, from which the process's mask is taken
 * @throws VARVE_EXISTS if something is there, VARVE_NOT_FOUND, VARVE_LOCKED, VARVE_FULL, VARVE_IO, TypeError, RangeError
 */
export function create(filename: string | URL, poolSize: number = MIN_POOL, mode = 0o666): LogPool {
  if (typeof poolSize !== 'number')
    throw typeError(`Cannot use ${String(poolSize)} as the size of a pool: it must be a number`);
  if (!Number.isSafeInteger(poolSize) || (poolSize !== 0 && poolSize < MIN_POOL)) {
    throw rangeError(`Cannot make a pool of ${poolSize} bytes: it must have ${MIN_POOL} at least`);
  }
  return opened(
    filename,
    poolSize === 0 ? undefined : { size: poolSize, permissions: mode },
    (medium, extent) => {
      if (poolSize === 0) assertBlank(medium, extent);
      writeNewPool(medium, extent, newHeader(), roundDown(medium.size, POOL_PAGE));
      if (medium.isNew) medium.publish();
    },
  );
}

/**
 * Opens a pool that this library made, or the C library.
 *
 * @throws VARVE_NOT_FOUND, VARVE_NOT_A_STREAM if it is no pool, VARVE_MISMATCH if it is one that cannot be used here, VARVE_CORRUPT if it is damaged,
 * VARVE_LOCKED, VARVE_IO, TypeError
 */
export function open(filename: string | URL): LogPool {
  return opened(filename, undefined, assertPool);
}

/**
 * True if the pool is consistent, as far as its format can tell: it has no checksums of what was appended. Nothing is changed, and no lock is taken.
 *
 * @throws VARVE_NOT_FOUND, VARVE_IO, TypeError
 */
export function check(filename: string | URL): boolean {
  const medium = openMedium(pathOf(filename), { mode: 'open', readOnly: true, medium: 'file' });
  try {
    return poolProblem(medium, headOf(medium)) === undefined;
  } catch (error) {
    if (error instanceof VarveError && error.code === 'VARVE_NOT_A_STREAM') return false;
    throw error;
  } finally {
    medium.close();
  }
}

/**
 * Throws unless what was written for this version of libpmemlog's interface can run on this one.
 *
 * @throws VARVE_MISMATCH
 */
export function checkVersion(major: number, minor: number): void {
  if (major === MAJOR && minor <= MINOR) return;
  throw new VarveError(
    'VARVE_MISMATCH',
    `Version ${major}.${minor} of the interface was asked for, and this is ${MAJOR}.${MINOR}: use what is there`,
  );
}

/** @internal The bytes of a pool, and how to let go of it; without a lock, for who only reads. */
export function readPool(filename: string | URL): LogPool {
  const medium = openMedium(pathOf(filename), { mode: 'open', readOnly: true, medium: 'file' });
  return using(medium, assertPool);
}

function opened(
  filename: string | URL,
  birth: { size: number; permissions: number } | undefined,
  prepare: (medium: Medium, extent: Extent) => void,
): LogPool {
  const mode = birth === undefined ? 'open' : 'create';
  return using(openMedium(pathOf(filename), { mode, readOnly: false, medium: 'auto', ...birth }), prepare);
}

function using(medium: Medium, prepare: (medium: Medium, extent: Extent) => void): LogPool {
  try {
    const extent = headOf(medium);
    prepare(medium, extent);
    return new LogPool(medium, extent);
  } catch (error) {
    medium.close();
    throw error;
  }
}

function pathOf(filename: unknown): string | URL {
  if (typeof filename === 'string' || filename instanceof URL) return filename;
  throw typeError(`Cannot open ${typeof filename} as a pool: it must be a path or a file: URL`);
}

/** Header and offsets. */
function headOf(medium: Medium): Extent {
  if (medium.size < LOG.data + POOL_PAGE)
    throw failure('VARVE_NOT_A_STREAM', medium, 'it is too short for a pool of libpmemlog', 0);
  return medium.open(0, LOG.data, 'random');
}

function assertBlank(medium: Medium, extent: Extent): void {
  if (medium.size < MIN_POOL) {
    throw rangeError(
      `Cannot make a pool of the file's ${medium.size} bytes: it must have ${MIN_POOL} at least`,
    );
  }
  const { bytes } = extent.read(0, LOG.data, LOG.data);
  if (bytes.subarray(0, LOG.data).some((byte) => byte !== 0)) {
    throw failure('VARVE_EXISTS', medium, 'something stands at the beginning of the file', 0);
  }
}

function assertPool(medium: Medium, extent: Extent): void {
  const problem = poolProblem(medium, extent);
  if (problem === undefined) return;
  const { kind, what, offset } = problem;
  const codes = {
    foreign: 'VARVE_NOT_A_STREAM',
    unknown: 'VARVE_MISMATCH',
    damaged: 'VARVE_CORRUPT',
  } as const;
  throw failure(codes[kind], medium, what, offset);
}

function poolProblem(medium: Medium, extent: Extent): HeaderProblem | undefined {
  const { bytes, words } = extent.read(0, LOG.data, LOG.data);
  const problem = problemOf(bytes.subarray(0, POOL.size));
  if (problem !== undefined) return problem;
  const [start, end, write] = [LOG.start, LOG.end, LOG.write].map((at) => getU64(words, at / 4)) as [
    number,
    number,
    number,
  ];
  if (start !== LOG.data) return { kind: 'damaged', what: `its log begins at ${start}`, offset: LOG.start };
  if (end !== roundDown(medium.size, POOL_PAGE)) {
    return {
      kind: 'damaged',
      what: `its log ends at ${end} and the file at ${medium.size}`,
      offset: LOG.end,
    };
  }
  if (write < start || write > end) {
    return { kind: 'damaged', what: `its write offset is ${write}`, offset: LOG.write };
  }
  return undefined;
}

function failure(code: VarveErrorCode, { path }: Medium, what: string, offset: number): VarveError {
  const message = `Cannot open '${path ?? 'this medium'}' as a pool: ${what}. Nothing was changed`;
  return new VarveError(code, message, { offset, ...(path === undefined ? {} : { path }) });
}
