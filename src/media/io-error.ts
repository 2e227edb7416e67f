import { VarveError } from '../base/errors.js';

const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room and try again',
  EDQUOT: 'the quota is used up; make room and try again',
  EFBIG: 'the file may not become that large here; check the file size limit (ulimit -f) and the file system',
  EIO: 'the device reports an error; check it, and the system log',
  EMFILE: 'this process has too many files open; close some, or raise the limit (ulimit -n)',
  ENFILE: 'the system has too many files open',
  ENOMEM: 'there is not enough memory',
};

/** The errno name that an error of Node or the addon carries, such as 'ENOSPC'; '' if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/**
 * A `VARVE_IO` for something that the operating system refused.
 *
 * @param what the work that was asked for, as in 'create the file'
 * @param path the file or device
 * @param cause what Node or the addon threw
 * @param advice what is the case and what to do; left out, the errno decides
 */
export function ioError(what: string, path: string, cause: unknown, advice?: string): VarveError {
  const say = advice ?? adviceOn(cause);
  return new VarveError('VARVE_IO', `Cannot ${what} '${path}': ${say}`, { cause, path });
}

/**
 * A `VARVE_FULL` for a file or device that cannot grow.
 *
 * @param size bytes that it was to have
 * @param reason what Node or the addon threw, or what is the case
 */
export function noRoom(path: string, size: number, reason: unknown): VarveError {
  const [say, cause] = typeof reason === 'string' ? [reason, undefined] : [adviceOn(reason), reason];
  return new VarveError('VARVE_FULL', `Cannot let '${path}' grow to ${size} bytes: ${say}`, { cause, path });
}

function adviceOn(cause: unknown): string {
  return ADVICE[codeOf(cause)] ?? (cause instanceof Error ? cause.message : String(cause));
}

/** A `VARVE_CLOSED` for the use of an extent that was released, or of a medium that was closed. */
export function givenUp(path: string): VarveError {
  return new VarveError('VARVE_CLOSED', `Cannot use a part of '${path}' that was given up`, { path });
}
