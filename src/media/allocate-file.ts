import fs from 'node:fs';
import { builtin } from '../base/builtins.js';
import { loadAddon } from '../base/native-loader.js';
import { codeOf, ioError, noRoom } from './io-error.js';

const NO_ALLOCATION = ['EOPNOTSUPP', 'ENOTSUP', 'ENOSYS', 'EINVAL', 'ENODEV'];
const ZEROES_BYTES = 2 ** 20;
/** What fallocate(1) says, and the errno behind it. */
const REFUSALS = [
  ['No space left', 'ENOSPC'],
  ['File too large', 'EFBIG'],
] as const;

/**
 * Gives a file room for all bytes in [from, to), so that a full disk shows now and not in the middle of a store into a mapping. What is
 * there stays as it is; what was not there reads as zeroes.
 *
 * @throws what the system says, with its `code`
 */
export function allocateBytes(fd: number, from: number, to: number): void {
  if (from >= to || allocateByAddon(fd, from, to) || allocateByCommand(fd, from, to)) return;
  writeZeroes(fd, Math.max(from, fs.fstatSync(fd).size), to);
}

/**
 * The same for a file that is in use. Where there is no such room it stays as long as it was: nobody has stored anything behind that.
 *
 * @throws VARVE_FULL if it cannot be had, whatever the reason
 */
export function lengthenFile(path: string, fd: number, from: number, to: number): void {
  const { size } = fs.fstatSync(fd);
  try {
    allocateBytes(fd, from, to);
  } catch (cause) {
    shorten(path, fd, size);
    throw noRoom(path, to, cause);
  }
}

/** What was had of a disk that is full is not to fill it. */
function shorten(path: string, fd: number, size: number): void {
  try {
    fs.ftruncateSync(fd, size);
  } catch (cause) {
    throw ioError('shorten', path, cause);
  }
}

function allocateByAddon(fd: number, from: number, to: number): boolean {
  const addon = loadAddon();
  if (addon === undefined) return false;
  try {
    addon.allocate(fd, from, to - from);
    return fs.fstatSync(fd).size >= to;
  } catch (cause) {
    if (NO_ALLOCATION.includes(codeOf(cause))) return false;
    throw cause;
  }
}

/** fallocate(1) of util-linux, for machines without the addon. */
function allocateByCommand(fd: number, from: number, to: number): boolean {
  if (process.platform !== 'linux') return false;
  const { status, stderr } = builtin('node:child_process').spawnSync(
    'fallocate',
    ['-o', `${from}`, '-l', `${to - from}`, '/proc/self/fd/3'],
    { stdio: ['ignore', 'ignore', 'pipe', fd], env: { PATH: process.env['PATH'], LC_ALL: 'C' } },
  );
  // Only these failures are not worth writing the whole disk full for.
  const code = REFUSALS.find(([said]) => `${stderr}`.includes(said))?.[1];
  if (code !== undefined) throw Object.assign(new Error(`fallocate: ${stderr}`.trim()), { code });
  return status === 0;
}

function writeZeroes(fd: number, from: number, to: number): void {
  const zeroes = new Uint8Array(ZEROES_BYTES);
  for (let at = from; at < to; ) at += fs.writeSync(fd, zeroes, 0, Math.min(ZEROES_BYTES, to - at), at);
}
