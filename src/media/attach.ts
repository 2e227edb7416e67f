import fs from 'node:fs';
import { VarveError } from '../base/errors.js';
import { addonProblem, loadAddon } from '../base/native-loader.js';
import { closeFd, statFd } from './descriptor.js';
import { FileMedium } from './file.js';
import type { FileHandle, MediumHandle } from './handle.js';
import { ioError } from './io-error.js';
import { MappedMedium } from './mapped.js';
import type { Medium } from './medium.js';
import { MemoryMedium } from './memory.js';
import { OpenedFile } from './opened-file.js';

/** Opens a medium that another thread of this process has open, and shares its lock. */
export function attachMedium(handle: MediumHandle): Medium {
  if (handle.kind === 'memory') return MemoryMedium.attach(handle.memory);
  const file = attachFile(handle.file);
  try {
    if (handle.kind === 'file') return new FileMedium(file, true);
    return mapped(file, handle);
  } catch (error) {
    file.close();
    throw error;
  }
}

function mapped(file: OpenedFile, handle: Exclude<MediumHandle, { kind: 'memory' | 'file' }>): Medium {
  const addon = loadAddon();
  if (addon === undefined)
    throw ioError('map', file.path, undefined, `it needs the native addon. ${addonProblem()}`);
  return new MappedMedium(file, addon, handle.kind, handle.mappingKind, handle.flushesLines, true);
}

/**
 * Opens the file anew, twice: the kernel reports a failed write-back once to each open, so that each thread has to have its own to learn of it. What is
 * taken from the other thread is a hold on its lock.
 */
function attachFile(handle: FileHandle): OpenedFile {
  const { path, size, sizeMax, readOnly, isDevice } = handle;
  const fd = openSame(handle);
  if (readOnly) return new OpenedFile({ path, size, sizeMax, readOnly, fd, lockFd: -1, isDevice });
  const opened = [fd];
  try {
    const lockFd = openSame(handle);
    opened.push(lockFd);
    return new OpenedFile({ path, size, sizeMax, readOnly, fd, lockFd, isDevice, ...holdLock(handle) });
  } catch (error) {
    for (const each of opened) closeFd(each);
    throw error;
  }
}

/** Keeps the lock from ending with the thread that took it. Without the addon only the main thread shares, and its lock ends with the process. */
function holdLock({ path, fd }: FileHandle): { holdFd?: number; unlock?: () => void } {
  const addon = loadAddon();
  if (addon === undefined) return {};
  try {
    const holdFd = addon.hold(fd);
    // What has the lock can lock again; a descriptor whose number was given out anew cannot.
    if (addon.lock(holdFd)) return { holdFd, unlock: () => addon.letGo(holdFd) };
    addon.letGo(holdFd);
  } catch (cause) {
    throw ioError('lock', path, cause);
  }
  throw closedMeanwhile(path);
}

/** The path may lead to another file by now: where the system shows open files, that way leads to the right one. */
function openSame(handle: FileHandle): number {
  const flags = handle.readOnly ? fs.constants.O_RDONLY : fs.constants.O_RDWR;
  for (const path of [`/proc/self/fd/${handle.fd}`, handle.path]) {
    const fd = tryOpen(path, flags);
    if (fd === undefined) continue;
    const { dev, ino } = statFd(path, fd);
    if (Number(dev) === handle.dev && Number(ino) === handle.ino) return fd;
    closeFd(fd);
  }
  throw closedMeanwhile(handle.path);
}

function closedMeanwhile(path: string): VarveError {
  const message = `Cannot attach to the stream on '${path}': the thread that shared it has closed it since; share it again`;
  return new VarveError('VARVE_CLOSED', message, { path });
}

function tryOpen(path: string, flags: number): number | undefined {
  try {
    return fs.openSync(path, flags | (fs.constants.O_NONBLOCK ?? 0) | (fs.constants.O_NOCTTY ?? 0));
  } catch {
    return undefined;
  }
}
