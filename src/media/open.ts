import fs from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Addon } from '../base/addon.js';
import { rangeError, typeError, VarveError } from '../base/errors.js';
import { addonProblem, loadAddon } from '../base/native-loader.js';
import { createFile, existsError } from './create.js';
import { closeFd, statFd } from './descriptor.js';
import { assertNotMounted, deviceSize, isBlank } from './device.js';
import { FileMedium } from './file.js';
import { codeOf, ioError } from './io-error.js';
import { takeLock } from './lock.js';
import { MappedMedium } from './mapped.js';
import type { MappingKind } from './mapped-extent.js';
import type { Medium } from './medium.js';
import { OpenedFile } from './opened-file.js';
import { cachesSurvivePowerCut } from './power.js';

/** How `openMedium` opens. */
export interface OpenMediumOptions {
  /** Bytes; needed to create. */
  readonly size?: number | undefined;
  readonly mode: 'open-or-create' | 'open' | 'create';
  /** Takes no lock and never writes. */
  readonly readOnly: boolean;
  readonly medium: 'auto' | 'pmem' | 'page-cache' | 'file';
  /** Of a file that is created, before the process's mask is taken away; 0o666 if left out. */
  readonly permissions?: number;
}

/**
 * Opens a file or block device as a medium, or creates the file.
 *
 * @param target a path or a file: URL
 * @param options what may happen, and what kind of medium it becomes: `auto` is `pmem` if the kernel says that the file is
 *   on persistent memory, `page-cache` if it can be mapped, else `file`
 * @returns the medium, locked unless it is read-only
 * @throws VarveError `VARVE_NOT_FOUND`, `VARVE_EXISTS`, `VARVE_LOCKED`, `VARVE_NOT_A_STREAM` (a directory, a FIFO, …) or
 *   `VARVE_IO`; TypeError or RangeError for arguments that cannot be
 */
export function openMedium(target: string | URL, options: OpenMediumOptions): Medium {
  const path = pathOf(target);
  if (options.readOnly && options.mode === 'create') {
    throw typeError(`Cannot create '${path}' with readOnly: true; leave one of the two out`);
  }
  const stat = statOf(path);
  const file = stat === undefined ? create(path, options) : openExisting(path, stat, options);
  try {
    return mediumOf(file, options.medium);
  } catch (error) {
    file.close();
    throw error;
  }
}

function pathOf(target: string | URL): string {
  if (target instanceof URL && target.protocol !== 'file:') {
    throw typeError(`Cannot open '${target.href}': only file: URLs are supported`);
  }
  const path = target instanceof URL ? pathOfUrl(target) : target;
  if (path === '' || path.includes('\0')) {
    throw typeError(
      `Cannot open ${JSON.stringify(path)}: a path must not be empty and not contain a zero byte`,
    );
  }
  return resolve(path);
}

function pathOfUrl(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw typeError(`Cannot open '${url.href}': ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Looks before anything is opened: opening alone does something to a FIFO or a tape. */
function statOf(path: string): fs.Stats | undefined {
  try {
    return fs.statSync(path);
  } catch (cause) {
    const code = codeOf(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw cannotOpen(path, cause, false);
  }
}

function create(path: string, options: OpenMediumOptions): OpenedFile {
  if (isLink(path)) {
    if (options.mode === 'create') throw existsError(path);
    throw notFound(
      path,
      'it is a symbolic link to something that does not exist; remove it, or make what it points to',
    );
  }
  if (options.mode === 'open' || options.readOnly) {
    throw notFound(path, 'there is no such file; check the name, or create it first');
  }
  if (options.size === undefined)
    throw typeError(`Cannot create '${path}' without a size: give one, as in { size: '64MiB' }`);
  return createFile(path, options.size, options.permissions);
}

function isLink(path: string): boolean {
  try {
    return fs.lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function openExisting(path: string, stat: fs.Stats, options: OpenMediumOptions): OpenedFile {
  assertStorage(path, stat);
  if (options.mode === 'create' && stat.isFile()) throw existsError(path);
  const fd = openFd(path, options.readOnly);
  try {
    // Whatever stood there when we looked: this is what was opened.
    const found = statFd(path, fd);
    assertStorage(path, found);
    if (!options.readOnly) return openForWriting(path, fd, found, options);
    const [size, isDevice] = [sizeOf(path, fd, found), found.isBlockDevice()];
    return new OpenedFile({ path, size, readOnly: true, fd, lockFd: -1, isDevice });
  } catch (error) {
    closeFd(fd);
    throw error;
  }
}

function openForWriting(
  path: string,
  fd: number,
  found: fs.BigIntStats,
  options: OpenMediumOptions,
): OpenedFile {
  const lock = takeLock(path, found);
  try {
    const isDevice = found.isBlockDevice();
    if (isDevice) assertNotMounted(path);
    // Only now, with the lock, nobody else changes it.
    const size = sizeOf(path, fd, statFd(path, fd));
    const isNew = isDevice && isForNewStream(path, fd, options);
    const sizeMax = isDevice ? size : undefined;
    const parts = {
      path,
      readOnly: false,
      fd,
      lockFd: lock.fd,
      unlock: lock.unlock,
      isNew,
      isDevice,
      sizeMax,
    };
    return new OpenedFile({ ...parts, size: isNew ? sizeOnDevice(path, size, options.size) : size });
  } catch (error) {
    closeFd(lock.fd);
    lock.unlock();
    throw error;
  }
}

/** A device cannot be created: one that is blank takes its place. */
function isForNewStream(path: string, fd: number, options: OpenMediumOptions): boolean {
  const wanted =
    options.mode === 'create' || (options.mode === 'open-or-create' && options.size !== undefined);
  if (!wanted) return false;
  const blank = isBlank(path, fd);
  if (!blank && options.mode === 'create') {
    const message = `Cannot create a stream on '${path}': something is on the device; if it is not needed, wipe its first 64 KiB with zeroes`;
    throw new VarveError('VARVE_EXISTS', message, { path });
  }
  return blank;
}

function sizeOnDevice(path: string, size: number, wanted = size): number {
  if (wanted > size)
    throw rangeError(`Cannot create a stream of ${wanted} bytes on '${path}': the device has ${size}`);
  return wanted;
}

function sizeOf(path: string, fd: number, stat: fs.BigIntStats): number {
  return stat.isBlockDevice() ? deviceSize(path, fd) : Number(stat.size);
}

function openFd(path: string, readOnly: boolean): number {
  const { O_RDONLY, O_RDWR, O_NONBLOCK = 0, O_NOCTTY = 0 } = fs.constants;
  try {
    return fs.openSync(path, (readOnly ? O_RDONLY : O_RDWR) | O_NONBLOCK | O_NOCTTY);
  } catch (cause) {
    throw cannotOpen(path, cause, !readOnly);
  }
}

function assertStorage(path: string, stat: fs.StatsBase<unknown>): void {
  if (stat.isFile() || stat.isBlockDevice()) return;
  const what = stat.isDirectory()
    ? 'a directory'
    : stat.isFIFO()
      ? 'a FIFO'
      : stat.isSocket()
        ? 'a socket'
        : 'a character device';
  const message = `Cannot open '${path}' as a stream: it is ${what}; only files and block devices can hold one`;
  throw new VarveError('VARVE_NOT_A_STREAM', message, { path });
}

function notFound(path: string, detail: string): VarveError {
  return new VarveError('VARVE_NOT_FOUND', `Cannot open '${path}': ${detail}`, { path });
}

function cannotOpen(path: string, cause: unknown, forWriting: boolean): VarveError {
  switch (codeOf(cause)) {
    case 'ENOENT':
      return notFound(path, 'it was removed while it was being opened');
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return ioError(
        'open',
        path,
        cause,
        `there is no right to ${forWriting ? 'write to it; open it with readOnly: true, or change its rights' : 'read it; change its rights'}`,
      );
    default:
      return ioError('open', path, cause);
  }
}

function mediumOf(file: OpenedFile, wanted: OpenMediumOptions['medium']): Medium {
  if (wanted === 'file') return new FileMedium(file);
  const addon = loadAddon();
  const obstacle = whyNotMapped(file, addon, wanted);
  // Nothing of an empty file can be mapped; it is no stream anyway.
  if (obstacle === undefined && addon !== undefined && file.size > 0) {
    const granted = grantedMapping(file, addon, wanted);
    if (granted !== undefined) return mapped(file, addon, wanted, granted);
  }
  if (obstacle !== undefined && wanted !== 'auto') {
    throw ioError(
      'map',
      file.path,
      undefined,
      `medium '${wanted}' cannot be had: ${obstacle}; use 'auto' or 'file'`,
    );
  }
  return new FileMedium(file);
}

/** What keeps a file from being mapped, as far as that can be told without trying. */
function whyNotMapped(
  file: OpenedFile,
  addon: Addon | undefined,
  wanted: OpenMediumOptions['medium'],
): string | undefined {
  if (file.isDevice) return 'a block device is not mapped';
  if (addon === undefined) return `it needs the native addon. ${addonProblem()}`;
  if (wanted === 'pmem' && addon.features.flush === 'none') return 'this processor cannot flush cache lines';
  return undefined;
}

function mapped(
  file: OpenedFile,
  addon: Addon,
  wanted: OpenMediumOptions['medium'],
  granted: MappingKind,
): MappedMedium {
  const byPages = wanted === 'page-cache' || (wanted === 'auto' && granted !== 'sync');
  const flushes = !byPages && !file.readOnly && !(granted === 'sync' && cachesSurvivePowerCut());
  return new MappedMedium(file, addon, byPages ? 'page-cache' : 'pmem', granted, flushes);
}

/** The best kind of mapping that the kernel grants; undefined if `auto` has to do without. */
function grantedMapping(
  file: OpenedFile,
  addon: Addon,
  wanted: OpenMediumOptions['medium'],
): MappingKind | undefined {
  const flushes = addon.features.flush !== 'none' && wanted !== 'page-cache';
  if (!file.readOnly && flushes && canMap(file, addon, 'sync')) return 'sync';
  const plain = file.readOnly ? 'private' : 'shared';
  return wanted !== 'auto' || canMap(file, addon, plain) ? plain : undefined;
}

function canMap(file: OpenedFile, addon: Addon, kind: MappingKind): boolean {
  try {
    addon.unmap(addon.map(file.fd, 0, Math.min(file.size, addon.features.pageSize), kind, false).mapping);
    return true;
  } catch {
    return false;
  }
}
