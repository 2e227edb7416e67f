import fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { builtin } from '../base/builtins.js';
import { VarveError } from '../base/errors.js';
import { allocateBytes } from './allocate-file.js';
import { closeFd, statFd } from './descriptor.js';
import { syncDirectory } from './directory.js';
import { codeOf, ioError } from './io-error.js';
import { takeLock } from './lock.js';
import { type Birth, OpenedFile } from './opened-file.js';

const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Makes a file that nobody sees before `publish`: until then it has another name beside its own, and is removed by `close`.
 *
 * @param path the name it will get; nothing may be there
 * @param size bytes, all of them allocated, so that a full disk shows now and not in the middle of an append
 * @throws VarveError `VARVE_IO` if the file cannot be made here, or not of that size; `VARVE_NOT_FOUND` without a directory
 */
export function createFile(path: string, size: number, permissions = 0o666): OpenedFile {
  const temporary = join(
    dirname(path),
    `.${basename(path).slice(0, 40)}.${builtin('node:crypto').randomBytes(6).toString('hex')}.new`,
  );
  const fd = openExclusively(path, temporary, permissions);
  const open = [fd];
  try {
    const lock = takeLock(temporary, statFd(temporary, fd), path);
    open.push(lock.fd);
    allocate(fd, size, path);
    const birth = birthOf(path, temporary, fd);
    return new OpenedFile({
      path,
      size,
      readOnly: false,
      fd,
      lockFd: lock.fd,
      unlock: lock.unlock,
      birth,
      isNew: true,
    });
  } catch (error) {
    for (const each of open) closeFd(each);
    removeIfThere(temporary);
    throw error;
  }
}

function openExclusively(path: string, temporary: string, permissions: number): number {
  try {
    const { O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    return fs.openSync(temporary, O_RDWR | O_CREAT | O_EXCL, permissions);
  } catch (cause) {
    throw cannotCreate(path, cause);
  }
}

function cannotCreate(path: string, cause: unknown): VarveError {
  const directory = dirname(path);
  switch (codeOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new VarveError(
        'VARVE_NOT_FOUND',
        `Cannot create '${path}': there is no directory '${directory}'; make it first`,
        {
          path,
          cause,
        },
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return ioError(
        'create',
        path,
        cause,
        `the directory '${directory}' may not be written to; use another, or change its rights`,
      );
    default:
      return ioError('create', path, cause);
  }
}

function allocate(fd: number, size: number, path: string): void {
  try {
    allocateBytes(fd, 0, size);
  } catch (cause) {
    throw ioError(`create ${size} bytes for`, path, cause);
  }
}

function birthOf(path: string, temporary: string, fd: number): Birth {
  return {
    publish: () => {
      try {
        fs.fsyncSync(fd);
        giveName(path, temporary);
      } catch (cause) {
        if (cause instanceof VarveError) throw cause;
        throw ioError('give its name to', path, cause);
      }
      syncName(path);
    },
    abandon: () => removeIfThere(temporary),
  };
}

/**
 * Gives a file its name. A link fails if the name is taken, even by a dangling symbolic link; a rename would replace what is there.
 *
 * @throws VARVE_EXISTS, or what the system says
 */
export function giveName(path: string, temporary: string): void {
  try {
    fs.linkSync(temporary, path);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') throw existsError(path, cause);
    if (!NO_LINKS.includes(codeOf(cause))) throw cause;
    renameInto(path, temporary);
    return;
  }
  try {
    fs.unlinkSync(temporary);
  } catch (cause) {
    removeIfThere(path);
    throw cause;
  }
}

/** Where there are no links: the name is taken first, by an empty file that only we can have made. */
function renameInto(path: string, temporary: string): void {
  try {
    closeFd(fs.openSync(path, 'wx'));
  } catch (cause) {
    throw codeOf(cause) === 'EEXIST' ? existsError(path, cause) : cause;
  }
  try {
    fs.renameSync(temporary, path);
  } catch (cause) {
    removeIfThere(path);
    throw cause;
  }
}

/** Makes the new name itself durable. */
function syncName(path: string): void {
  try {
    syncDirectory(dirname(path));
  } catch (error) {
    removeIfThere(path);
    throw error;
  }
}

/** A `VARVE_EXISTS` for a name that is taken. */
export function existsError(path: string, cause?: unknown): VarveError {
  const message = `Cannot create '${path}': it exists; open it with mode 'open', or choose another name`;
  return new VarveError('VARVE_EXISTS', message, { path, cause });
}

function removeIfThere(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // It has its final name, or somebody else removed it.
  }
}
