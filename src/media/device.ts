import fs from 'node:fs';
import { VarveError } from '../base/errors.js';
import { closeFd, statFd } from './descriptor.js';
import { codeOf, ioError } from './io-error.js';

/** As much of a device must be zero for it to count as blank. */
const BLANK_BYTES = 64 * 1024;

/** Takes the number of a device apart, as the kernel puts it together. */
export function deviceNumbers(device: bigint): { major: bigint; minor: bigint } {
  return {
    major: ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n),
    minor: (device & 0xffn) | ((device >> 12n) & 0xffffff00n),
  };
}

/**
 * The size of a block device in bytes: fstat does not know it.
 *
 * @throws VarveError `VARVE_IO` if the device cannot be read
 */
export function deviceSize(path: string, fd: number): number {
  const { major, minor } = deviceNumbers(statFd(path, fd).rdev);
  try {
    return Number(fs.readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8')) * 512;
  } catch {
    // No /sys here.
    return probeSize(path, fd);
  }
}

/** True if the first 64 KiB are zero: nothing is there that a new stream could destroy. */
export function isBlank(path: string, fd: number): boolean {
  const bytes = new Uint8Array(BLANK_BYTES);
  readAt(path, fd, bytes, 0);
  return bytes.every((byte) => byte === 0);
}

/**
 * Throws `VARVE_LOCKED` if the kernel itself uses the device: a file system is mounted from it, say.
 *
 * Only Linux tells: there O_EXCL without O_CREAT asks for that.
 */
export function assertNotMounted(path: string): void {
  if (process.platform !== 'linux') return;
  try {
    closeFd(fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_EXCL));
  } catch (cause) {
    if (codeOf(cause) !== 'EBUSY') throw ioError('open', path, cause);
    const message = `Cannot open '${path}' for writing: the system uses the device; unmount it first`;
    throw new VarveError('VARVE_LOCKED', message, { path, cause });
  }
}

/** Looks for the end by halves: a read at or beyond it gets nothing. */
function probeSize(path: string, fd: number): number {
  const sector = new Uint8Array(512);
  const isThere = (index: number) => readAt(path, fd, sector, index * 512) > 0;
  let beyond = 1;
  while (isThere(beyond) && beyond < 2 ** 43) beyond *= 2;
  let first = beyond === 1 ? 0 : beyond / 2;
  while (first < beyond) {
    const middle = Math.floor((first + beyond) / 2);
    if (isThere(middle)) first = middle + 1;
    else beyond = middle;
  }
  return first * 512;
}

function readAt(path: string, fd: number, bytes: Uint8Array, offset: number): number {
  try {
    return fs.readSync(fd, bytes, 0, bytes.length, offset);
  } catch (cause) {
    throw ioError('read', path, cause);
  }
}
