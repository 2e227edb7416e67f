import fs from 'node:fs';
import { ioError } from './io-error.js';

/**
 * Closes a descriptor. An error is no news: the descriptor is gone in any case, and what counts was synced before, which is
 * where a device tells of its troubles. But it must not keep the caller from letting go of the rest.
 */
export function closeFd(fd: number): void {
  try {
    fs.closeSync(fd);
  } catch {
    // See above.
  }
}

/**
 * What the system knows of an open file.
 *
 * @throws VarveError `VARVE_IO` if it does not tell
 */
export function statFd(path: string, fd: number): fs.BigIntStats {
  try {
    return fs.fstatSync(fd, { bigint: true });
  } catch (cause) {
    throw ioError('look at', path, cause);
  }
}
