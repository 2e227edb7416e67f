import fs from 'node:fs';
import { builtin } from '../base/builtins.js';
import { VarveError } from '../base/errors.js';
import { addonProblem, loadAddon } from '../base/native-loader.js';
import { closeFd, statFd } from './descriptor.js';
import { deviceNumbers } from './device.js';
import { codeOf, ioError } from './io-error.js';

/** A taken lock. */
export interface Lock {
  /** An open of its own of the locked file, for reading and writing. Closing it gives up the lock. */
  readonly fd: number;
  /** What is to be done beside closing `fd`. */
  readonly unlock: () => void;
}

/** Flags of open(2) on macOS and the BSDs, which Node has no names for. */
const BSD_O_EXLOCK = 0x20;
/** libuv's flag for opening a file on Windows so that nobody else can. */
const UV_FS_O_EXLOCK = 0x1000_0000;

const SHARED_FLAGS = fs.constants.O_RDWR | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOCTTY ?? 0);

/**
 * Takes the one writer's lock of a file or device. The kernel gives it up when the process ends, however it ends; a child
 * process does not inherit it.
 *
 * @param path where to open the file again
 * @param meant the file as it was opened already: the lock is taken on this one or not at all
 * @param name the path that everybody opens, if `path` is not the one
 * @throws VarveError `VARVE_LOCKED` if somebody has it, `VARVE_IO` if this machine has no way to lock
 */
export function takeLock(path: string, meant: Pick<fs.BigIntStats, 'dev' | 'ino'>, name = path): Lock {
  const lockFd = openAgain(path);
  try {
    const same = statFd(path, lockFd);
    if (same.ino !== meant.ino || same.dev !== meant.dev) {
      throw ioError('lock', path, undefined, 'it was replaced while it was being opened; try again');
    }
    return { fd: lockFd, unlock: lockOpened(name, lockFd) };
  } catch (error) {
    closeFd(lockFd);
    throw error;
  }
}

function openAgain(path: string): number {
  try {
    return fs.openSync(path, SHARED_FLAGS | (locksAtOpening() ? BSD_O_EXLOCK : 0));
  } catch (cause) {
    if (codeOf(cause) === 'EAGAIN' && locksAtOpening()) throw lockedError(path, undefined, cause);
    throw ioError('lock', path, cause);
  }
}

function locksAtOpening(): boolean {
  return ['darwin', 'freebsd', 'openbsd', 'netbsd'].includes(process.platform);
}

/** Locks what is open as `fd`; returns how to let go of what closing `fd` does not let go of. */
function lockOpened(path: string, fd: number): () => void {
  if (locksAtOpening()) return () => {};
  if (process.platform === 'win32') return lockSideFile(path);
  if (!lockFile(path, fd)) throw lockedError(path, holderOf(fd), undefined);
  return () => {};
}

function lockFile(path: string, fd: number): boolean {
  const addon = loadAddon();
  if (addon === undefined) return lockByCommand(path, fd);
  try {
    return addon.lock(fd);
  } catch (cause) {
    throw ioError('lock', path, cause);
  }
}

/** flock(1) locks our own open of the file, so that the lock stays when the command has ended. */
function lockByCommand(path: string, fd: number): boolean {
  const { status, error } = builtin('node:child_process').spawnSync('flock', ['-n', '-x', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
  });
  if (status === 0) return true;
  if (status === 1) return false;
  const advice = `without the addon it takes the command flock of util-linux, and that failed. ${addonProblem()}`;
  throw ioError('lock', path, error ?? new Error(`flock ended with ${status}`), advice);
}

/** Windows can only lock at opening, and against everybody: so it is another file that is locked. */
function lockSideFile(path: string): () => void {
  const flags = fs.constants.O_RDWR | fs.constants.O_CREAT | UV_FS_O_EXLOCK;
  try {
    const fd = fs.openSync(`${path}.lock`, flags);
    return () => closeFd(fd);
  } catch (cause) {
    if (codeOf(cause) === 'EBUSY') throw lockedError(path, undefined, cause);
    throw ioError('lock', path, cause);
  }
}

function lockedError(path: string, holder: number | undefined, cause: unknown): VarveError {
  const who = holder === undefined ? 'another writer' : `another writer (process ${holder})`;
  const message = `Cannot open '${path}' for writing: ${who} has it open; close that one, or open with readOnly: true beside it`;
  return new VarveError('VARVE_LOCKED', message, { path, cause });
}

/** True if a writer has the file locked that is open as `fd`, where the kernel tells. It is only looked at. */
export function isLocked(fd: number): boolean {
  return processesWithLock(fd).length > 0;
}

/** Whose lock it is, where the kernel tells. The process of a flock(1) that has ended says nothing about the holder. */
function holderOf(fd: number): number | undefined {
  return processesWithLock(fd).find((pid) => fs.existsSync(`/proc/${pid}`));
}

function processesWithLock(fd: number): number[] {
  try {
    const { dev, ino } = fs.fstatSync(fd, { bigint: true });
    const { major, minor } = deviceNumbers(dev);
    const hex = (part: bigint) => part.toString(16).padStart(2, '0');
    const file = `${hex(major)}:${hex(minor)}:${ino}`;
    const locks = fs.readFileSync('/proc/locks', 'utf8').split('\n');
    const words = locks.map((line) => line.trim().split(/\s+/));
    return words
      .filter(([, kind, , , , where]) => kind === 'FLOCK' && where === file)
      .map(([, , , , pid]) => Number(pid));
  } catch {
    // Only a help: without /proc it is done without.
    return [];
  }
}
