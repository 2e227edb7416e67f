import fs from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../base/native-loader.js';
import { closeFd } from './descriptor.js';
import { codeOf } from './io-error.js';
import { isLocked } from './lock.js';

/**
 * The live file: a page of shared memory beside no file of the user's, by which the writer of a stream tells readers of other
 * processes how far it has come. Nothing of it is ever needed: whoever cannot have it looks at the stream from time to time.
 */
export const LIVE_DIRECTORY = '/dev/shm';
export const LIVE_NAME = /^varve-[0-9a-f]{32}-b?[0-9a-f]+-[0-9a-f]+$/;

/** Where things stand in the page. Little-endian. */
export const LIVE = {
  bytes: 4096,
  /** Line 0, which never changes: eight bytes, a version, and whose it is. */
  magic: Uint8Array.of(0x89, 0x56, 0x4c, 0x49, 0x56, 0x45, 0x0d, 0x0a),
  version: { at: 8, value: 1 },
  identity: { at: 16, bytes: 16 },
  /** Line 1, the words that change; the positions below count from it. */
  words: { at: 64, bytes: 40 },
  /** u32, the word that is waited for: another one whenever there is news. */
  news: 0,
  /** u32: another one after each change of structure. */
  structure: 4,
  /** f64 */
  persisted: 8,
  /** f64 */
  committed: 16,
  /** u32: process id of the writer; 0 once it has closed. */
  writer: 24,
  /** u32: 1 if the writer wakes those who wait for `news` in a futex; else only a watch on the file tells of it. */
  wakes: 28,
  /** u32: how many of the threads' numbers are in use. */
  threads: 32,
  /**
   * The lines behind: f64 of each thread that persists by itself, since no lock is worth taking for that: everything up to it is persisted. Whoever
   * reads takes the greatest of them and `persisted`.
   */
  acknowledged: { at: 128, line: 64, lines: 62 },
} as const;

/** Where a thread's number stands in the page. Threads count from 0; nobody else's is in the same line, as long as there are lines. */
export function acknowledgedAt(thread: number): number {
  const { at, line, lines } = LIVE.acknowledged;
  return at + (thread % lines) * line + Math.floor(thread / lines) * 8;
}

/** Tries to get hold of a file that somebody is just removing. */
const ATTEMPTS = 16;
/** What names a stream's live file, and who may be trusted with it. */
export interface LivePlace {
  readonly path: string;
  readonly identity: Uint8Array;
  /** Of the stream's file. */
  readonly owner: bigint;
  readonly group: bigint;
  readonly mode: number;
}

/**
 * Where the live file of an open stream is; undefined where there can be none.
 *
 * @param stat of the stream's file: a copy of it, with the same identity, has a live file of its own
 */
export function livePlace(identity: Uint8Array, stat: fs.BigIntStats): LivePlace | undefined {
  if (process.platform !== 'linux') return undefined;
  const isDevice = stat.isBlockDevice();
  const where = isDevice
    ? `b${stat.rdev.toString(16)}-0`
    : `${stat.dev.toString(16)}-${stat.ino.toString(16)}`;
  const name = `varve-${Buffer.from(identity).toString('hex')}-${where}`;
  const { uid: owner, gid: group, mode } = stat;
  return { path: join(LIVE_DIRECTORY, name), identity, owner, group, mode: Number(mode) };
}

/** Opens the live file to read it; undefined if there is none that can be trusted. */
export function openAsReader(place: LivePlace): number | undefined {
  const found = orNothing(() => openTrusted(place, fs.constants.O_RDONLY, [0n, ownUser(), place.owner]));
  return typeof found === 'number' ? found : undefined;
}

/** Opens the live file as the stream's only writer: the one that is there, if it is sound, or a new one. */
export function openAsWriter(place: LivePlace): number | undefined {
  return orNothing(() => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      // After a clean close there is none: to find that out by trying to open it would take an error, which takes longer than making one.
      const made = create(place);
      const fd = made === 'taken' ? adopt(place) : made;
      if (typeof fd === 'number') return fd;
      // Somebody holds it alone, to remove it: that is soon done.
      if (fd !== 'none') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
    return undefined;
  });
}

/** Closes it; a writer or reader who is the last to do so removes it, if that is allowed. */
export function leave(place: LivePlace, fd: number, isWriter: boolean): void {
  // A writer without locks does not know of readers without them: those see that the file has gone.
  const canTell = isWriter || loadAddon() !== undefined;
  orNothing(() => {
    if (canTell && isUnused(fd) && !isGone(fd)) fs.unlinkSync(place.path);
  });
  closeFd(fd);
}

/** True if the file has its name no more: what is told by another one does not show in it. */
export function isGone(fd: number): boolean {
  return orNothing(() => fs.fstatSync(fd).nlink) !== 1;
}

/** True if a process with that number lives, as far as this one can see. */
export function lives(pid: number): boolean {
  if (pid === 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Everything about a live file may fail, and is then done without. */
export function orNothing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export function ownUser(): bigint {
  return BigInt(process.geteuid?.() ?? 0);
}

/** Opens what is there. It throws if there is nothing that can be opened. */
function openTrusted(
  place: LivePlace,
  access: number,
  owners: readonly bigint[],
): number | 'busy' | 'unsound' {
  const { O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = fs.constants;
  const fd = fs.openSync(place.path, access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  // By this lock those who leave know that somebody stays. Whoever removes the file does so with one that excludes it.
  const locked = lockShared(fd);
  if (locked && isSound(fd, place, owners)) return fd;
  closeFd(fd);
  return locked ? 'unsound' : 'busy';
}

function isSound(fd: number, place: LivePlace, owners: readonly bigint[]): boolean {
  const stat = fs.fstatSync(fd, { bigint: true });
  const isOurs = stat.isFile() && stat.nlink === 1n && owners.includes(stat.uid);
  if (!isOurs || (stat.mode & 0o022n) !== 0n || stat.size !== BigInt(LIVE.bytes)) return false;
  const wanted = firstLine(place.identity);
  const found = new Uint8Array(wanted.length);
  return (
    fs.readSync(fd, found, 0, found.length, 0) === found.length &&
    found.every((byte, i) => byte === wanted[i])
  );
}

function firstLine(identity: Uint8Array): Uint8Array {
  const line = new Uint8Array(LIVE.words.at);
  line.set(LIVE.magic);
  line[LIVE.version.at] = LIVE.version.value;
  line.set(identity.subarray(0, LIVE.identity.bytes), LIVE.identity.at);
  return line;
}

/** Takes over what an earlier writer left, so that its readers need not notice. What is not sound is out of the way then, if it can be. */
function adopt(place: LivePlace): number | 'busy' | 'none' {
  try {
    const found = openTrusted(place, fs.constants.O_RDWR, [0n, ownUser()]);
    if (found !== 'unsound') return found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
  }
  fs.unlinkSync(place.path);
  return 'none';
}

function create(place: LivePlace): number | 'taken' | undefined {
  const fd = openNew(place.path);
  if (fd === 'taken') return fd;
  try {
    if (!lockShared(fd)) throw new Error('somebody is removing it');
    fs.ftruncateSync(fd, LIVE.bytes);
    fs.writeSync(fd, firstLine(place.identity), 0, LIVE.words.at, 0);
    const { nlink, gid } = fs.fstatSync(fd);
    fs.fchmodSync(fd, 0o600 | readRights(fd, gid, place));
    if (nlink === 1) return fd;
  } catch {
    orNothing(() => fs.unlinkSync(place.path));
  }
  closeFd(fd);
  return undefined;
}

function openNew(path: string): number | 'taken' {
  const { O_RDWR, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  try {
    return fs.openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return 'taken';
    throw error;
  }
}

/** Whoever may read the stream may read this. */
function readRights(fd: number, gid: number, place: LivePlace): number {
  const rights = place.mode & 0o444;
  if (BigInt(gid) === place.group) return rights;
  const given = orNothing(() => {
    fs.fchownSync(fd, -1, Number(place.group));
    return true;
  });
  return given ? rights : rights & ~0o040;
}

function lockShared(fd: number): boolean {
  return loadAddon()?.lockShared(fd) ?? true;
}

/** True if nobody else holds it, and no writer without the addon, who cannot lock, is at work. */
export function isUnused(fd: number): boolean {
  const pid = new Uint32Array(1);
  fs.readSync(fd, pid, 0, 4, LIVE.words.at + LIVE.writer);
  return !lives(pid[0] as number) && (loadAddon()?.lock(fd) ?? !isLocked(fd));
}
