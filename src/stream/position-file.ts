import fs from 'node:fs';
import { dirname } from 'node:path';
import { VarveError } from '../base/errors.js';
import { encodePosition, type FilledSlot, newestSlot, POSITION, type Position } from '../format/position.js';
import { closeFd, statFd } from '../media/descriptor.js';
import { codeOf, ioError } from '../media/io-error.js';
import { type Lock, takeLock } from '../media/lock.js';

/** How often it is tried to lock a file that others remove. */
const TRIES = 8;

/** Whose file it is. */
export interface Owner {
  readonly log: string;
  readonly consumer: string;
  /** Of the stream. */
  readonly uuid: Uint8Array;
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * The position of a consumer whose process cannot write to the stream, in a file of its own. It is locked as long as the consumer is open.
 * Positions are written to its two slots by turns, so that a write that is cut short leaves the position before it.
 */
export class PositionFile {
  readonly #path: string;
  readonly #owner: Owner;
  readonly #lock: Lock;
  /** What it says, if it says anything. */
  #newest: FilledSlot | undefined;
  #waiters: Waiter[] = [];
  #wanted: Position | undefined;
  #running = false;
  #failure: unknown;
  #whenIdle: () => void = () => {};

  private constructor(path: string, owner: Owner, lock: Lock) {
    this.#path = path;
    this.#owner = owner;
    this.#lock = lock;
    this.#newest = newestSlot(readOpened(path, lock.fd), owner.uuid);
    if (this.#newest !== undefined && !isOf(this.#newest.said, owner)) this.#newest = undefined;
  }

  /**
   * Opens the file, or makes one, and locks it.
   *
   * @throws VARVE_BUSY if somebody else has it locked, VARVE_IO
   */
  static open(path: string, owner: Owner): PositionFile {
    for (let tries = 1; ; tries++) {
      makeDirectory(dirname(path));
      try {
        const lock = lockAt(path, owner);
        if (lock !== undefined) return new PositionFile(path, owner, lock);
      } catch (error) {
        if (tries === TRIES || !isRemoved(error)) throw error;
      }
      if (tries === TRIES) throw ioError('lock', path, undefined, 'it is removed again and again; try again');
    }
  }

  /** What it says, if it says anything. */
  get said(): Position | undefined {
    return this.#newest?.said;
  }

  /** Stores a position. Those that are stored while a sync is under way share the next one. */
  save(position: Position): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wanted = position;
      this.#waiters.push({ resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  /** As `save`, blocking. */
  saveSync(position: Position): void {
    this.#store(position);
    try {
      fs.fdatasyncSync(this.#lock.fd);
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** Lets go of the file once everything is stored. It is removed if it says nothing, or nothing that is needed. */
  close(obsolete: boolean): void {
    const close = () => {
      if (obsolete || this.#newest === undefined) this.#remove();
      this.#lock.unlock();
      closeFd(this.#lock.fd);
    };
    // A descriptor that is closed in the midst of a sync may be another file's by then.
    if (this.#running) this.#whenIdle = close;
    else close();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted !== undefined) {
      const waiters = this.#waiters;
      const wanted = this.#wanted;
      this.#waiters = [];
      this.#wanted = undefined;
      try {
        if (wanted.revision > (this.said?.revision ?? -1)) this.#store(wanted);
        await this.#sync();
        for (const { resolve } of waiters) resolve();
      } catch (error) {
        for (const { reject } of waiters) reject(error);
      }
    }
    this.#running = false;
    this.#whenIdle();
  }

  #sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#lock.fd, (cause) => {
        if (cause === null) resolve();
        else reject(this.#failed(cause));
      });
    });
  }

  #store(position: Position): void {
    if (this.#failure !== undefined) throw this.#failure;
    const index = this.#newest?.index === 0 ? 1 : 0;
    const bytes = encodePosition(position, this.#owner.uuid);
    try {
      const written = fs.writeSync(this.#lock.fd, bytes, 0, bytes.length, POSITION.offsets[index]);
      if (written < bytes.length) throw new Error(`${written} of ${bytes.length} bytes were written`);
      if (this.#newest === undefined) syncDirectories(this.#path);
    } catch (cause) {
      throw ioError('write', this.#path, cause);
    }
    this.#newest = { index, said: position };
  }

  /** After a sync that failed, nobody knows what a later one makes durable. */
  #failed(cause: unknown): unknown {
    this.#failure ??= new VarveError(
      'VARVE_POISONED',
      `The position of the consumer '${this.#owner.consumer}' could not be made durable in '${this.#path}': open the consumer again`,
      { cause, path: this.#path },
    );
    return this.#failure;
  }

  #remove(): void {
    for (const remove of [
      () => fs.unlinkSync(this.#path),
      () => fs.rmdirSync(dirname(this.#path)),
      () => fs.rmdirSync(dirname(dirname(this.#path))),
    ]) {
      try {
        remove();
      } catch {
        // It is harmless: what it says is older than what the stream says.
        return;
      }
    }
  }
}

/** What a file says, without locking it; undefined if there is none, or it is another stream's. */
export function readPosition(path: string, uuid: Uint8Array): Position | undefined {
  let fd: number;
  try {
    fd = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    if (isNothing(cause)) return undefined;
    throw ioError('open', path, cause);
  }
  try {
    return newestSlot(readOpened(path, fd), uuid)?.said;
  } finally {
    closeFd(fd);
  }
}

/** True if an error says that there is no file or directory. */
export function isNothing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}

function readOpened(path: string, fd: number): Uint8Array {
  const bytes = new Uint8Array(POSITION.end);
  try {
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, bytes.length, 0));
  } catch (cause) {
    throw ioError('read', path, cause);
  }
}

function isOf({ log, consumer }: Position, owner: Owner): boolean {
  return log === owner.log && consumer === owner.consumer;
}

/** Locks the file at a path; undefined if it was removed meanwhile. */
function lockAt(path: string, { consumer, log }: Owner): Lock | undefined {
  const fd = openOrMake(path);
  let lock: Lock;
  try {
    lock = takeLock(path, statFd(path, fd));
  } catch (error) {
    if (error instanceof VarveError && error.code === 'VARVE_LOCKED') {
      throw busyConsumer(log, consumer, 'in another process or thread');
    }
    throw error;
  } finally {
    closeFd(fd);
  }
  if (isStillAt(path, lock.fd)) return lock;
  lock.unlock();
  closeFd(lock.fd);
  return undefined;
}

function openOrMake(path: string): number {
  try {
    return fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT);
  } catch (cause) {
    throw ioError('open', path, cause);
  }
}

/** A consumer is open already. */
export function busyConsumer(log: string, consumer: string, where: string): VarveError {
  return new VarveError(
    'VARVE_BUSY',
    `Cannot open the consumer '${consumer}' of the log '${log}' as it is open ${where}: close it there`,
  );
}

function isStillAt(path: string, fd: number): boolean {
  try {
    const { ino, dev } = fs.statSync(path, { bigint: true });
    const opened = statFd(path, fd);
    return ino === opened.ino && dev === opened.dev;
  } catch {
    return false;
  }
}

/** True if whoever had it before has just removed the file, or its directory. */
function isRemoved(error: unknown): boolean {
  if (!(error instanceof VarveError) || error.code !== 'VARVE_IO') return false;
  return error.cause === undefined || codeOf(error.cause) === 'ENOENT';
}

function makeDirectory(directory: string): void {
  try {
    fs.mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw ioError('make', directory, cause);
  }
}

/** A new file is durable once the directories are that lead to it. Where that cannot be asked for, the system does it by itself. */
function syncDirectories(path: string): void {
  for (const directory of [dirname(path), dirname(dirname(path)), dirname(dirname(dirname(path)))]) {
    let fd: number | undefined;
    try {
      fd = fs.openSync(directory, fs.constants.O_RDONLY);
      fs.fsyncSync(fd);
    } catch (cause) {
      if (codeOf(cause) === 'EIO') throw cause;
    } finally {
      if (fd !== undefined) closeFd(fd);
    }
  }
}
