import fs from 'node:fs';
import { dirname } from 'node:path';
import { closeFd } from './descriptor.js';
import { codeOf, ioError } from './io-error.js';

/**
 * Makes durable which names a directory has.
 *
 * @throws VARVE_IO
 */
export function syncDirectory(directory: string): void {
  // Windows has no such thing.
  if (process.platform === 'win32') return;
  try {
    const fd = fs.openSync(directory, fs.constants.O_RDONLY);
    try {
      fs.fsyncSync(fd);
    } finally {
      closeFd(fd);
    }
  } catch (cause) {
    throw ioError('sync the directory', directory, cause);
  }
}

/**
 * Makes a directory, durably, unless it is there.
 *
 * @throws VARVE_IO, also if the directory that it is to be in is not there
 */
export function ensureDirectory(path: string): void {
  try {
    fs.mkdirSync(path);
  } catch (cause) {
    if (fs.statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    throw ioError('make the directory', path, cause);
  }
  syncDirectory(dirname(path));
}

/**
 * Removes a file, durably. One that is not there is removed already.
 *
 * @throws VARVE_IO
 */
export function removeFile(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw ioError('remove', path, cause);
  }
  syncDirectory(dirname(path));
}

/**
 * The names in a directory.
 *
 * @throws VARVE_IO
 */
export function namesIn(directory: string): string[] {
  try {
    return fs.readdirSync(directory);
  } catch (cause) {
    throw ioError('read the directory', directory, cause);
  }
}
