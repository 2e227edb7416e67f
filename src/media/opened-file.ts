import fs from 'node:fs';
import { builtin } from '../base/builtins.js';
import { VarveError } from '../base/errors.js';
import { addonProblem, loadAddon } from '../base/native-loader.js';
import { lengthenFile } from './allocate-file.js';
import { closeFd } from './descriptor.js';
import type { FileHandle } from './handle.js';
import { codeOf, ioError, noRoom } from './io-error.js';

/** What a creator has to do at the end, or to undo. */
export interface Birth {
  /** Makes the file appear under its name. */
  publish(): void;
  /** Removes what was not published. */
  abandon(): void;
}

/** What `OpenedFile` is made of. */
export interface OpenedFileParts {
  readonly path: string;
  readonly size: number;
  /** Bytes that it can have at most: of a device. Left out: as many as the system gives it. */
  readonly sizeMax?: number | undefined;
  readonly readOnly: boolean;
  /** For reads, writes and the syncs of `drain`. */
  readonly fd: number;
  /** An open of its own of the same file, which carries the lock and the syncs of `drainSync`; -1 for a reader. */
  readonly lockFd: number;
  /** An open of the file that has the lock, where `lockFd` has not: the lock was another thread's. */
  readonly holdFd?: number;
  /** Lets go of a lock that does not end with `lockFd`. */
  readonly unlock?: () => void;
  /** Set for a file that was just created. */
  readonly birth?: Birth;
  /** True if a stream may be written to it without looking at what is there. */
  readonly isNew?: boolean;
  /** True for a block device. */
  readonly isDevice?: boolean;
}

/**
 * A file or block device that is open under a medium: its descriptors, its lock, its syncs.
 *
 * It has two opens of the file. The kernel reports a failed write-back once to each open: a sync of the main thread could
 * otherwise swallow the error of one that runs beside it, and both would be taken for good. And at `close` the lock can go
 * at once, while a sync on another thread still needs its descriptor.
 */
export class OpenedFile {
  readonly path: string;
  readonly sizeMax: number;
  readonly readOnly: boolean;
  readonly fd: number;
  #size: number;
  readonly #lockFd: number;
  readonly #holdFd: number;
  readonly #unlock: () => void;
  #birth: Birth | undefined;
  #isNew: boolean;
  readonly isDevice: boolean;
  readonly #addon = loadAddon();
  readonly #block = this.#addon === undefined ? undefined : new Float64Array(this.#addon.block);
  #failed: VarveError | undefined;
  #closed = false;
  #lent = false;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(parts: OpenedFileParts) {
    this.path = parts.path;
    this.#size = parts.size;
    this.sizeMax = parts.sizeMax ?? Number.MAX_SAFE_INTEGER;
    this.readOnly = parts.readOnly;
    this.fd = parts.fd;
    this.#lockFd = parts.lockFd;
    this.#holdFd = parts.holdFd ?? parts.lockFd;
    this.#unlock = parts.unlock ?? (() => {});
    this.#birth = parts.birth;
    this.#isNew = parts.isNew ?? false;
    this.isDevice = parts.isDevice ?? false;
  }

  /** Bytes that it has at least: with fewer it was truncated. */
  get size(): number {
    return this.#size;
  }

  get isNew(): boolean {
    return this.#isNew;
  }

  get failed(): VarveError | undefined {
    return this.#failed;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Fills `bytes` from `offset`, or the first `length` of them. */
  read(bytes: Uint8Array, offset: number, length = bytes.length): void {
    this.assertOpen();
    for (let done = 0; done < length; ) {
      const count = this.#try('read', () => fs.readSync(this.fd, bytes, done, length - done, offset + done));
      if (count === 0)
        throw this.#gone('was truncated under the open stream', `there is nothing at byte ${offset + done}`);
      done += count;
    }
  }

  /** Writes all of `bytes` at `offset`, not durably. */
  write(bytes: Uint8Array, offset: number): void {
    // A write that reaches the end would give a file that was truncated its length again, and the next look would find nothing wrong.
    if (offset + bytes.length >= this.#size) this.verify();
    this.assertOpen();
    for (let done = 0; done < bytes.length; ) {
      const count = this.#try('write to', () =>
        fs.writeSync(this.fd, bytes, done, bytes.length - done, offset + done),
      );
      // No system says why it does that; trying again might go on for ever.
      if (count === 0)
        throw ioError('write to', this.path, undefined, 'nothing was taken; look at the device');
      done += count;
    }
  }

  /** What was written in a range is going to be synced soon: where the addon is there, its way to the device begins now. */
  begin(offset: number, length: number): void {
    try {
      this.#addon?.begin(this.fd, offset, length);
    } catch {
      // Only the sync says what went wrong, and whether anything did.
    }
  }

  /** Returns once everything written before is durable. */
  syncSync(): void {
    this.assertSound();
    try {
      fs.fdatasyncSync(this.#lockFd);
    } catch (cause) {
      throw this.#syncFailed(cause);
    }
    this.verify();
  }

  /** As `syncSync`, off the main thread. There is never more than one under way: the callers that come meanwhile share the next. */
  sync(): Promise<void> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#start();
    this.#next = this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  /**
   * Gives the file room for all bytes in [from, to), not durably.
   *
   * @throws VARVE_FULL, whatever the reason: the file is as long as before, and nothing is lost
   */
  grow(from: number, to: number): void {
    this.assertSound();
    if (to > this.sizeMax) throw noRoom(this.path, to, `the device has ${this.sizeMax}`);
    if (!this.isDevice) lengthenFile(this.path, this.fd, from, to);
    this.#size = Math.max(this.#size, to);
  }

  /** Another thread or process has grown it to `size` bytes: it has them from now on, if they are there. */
  keepUp(size: number): void {
    this.assertOpen();
    if (size <= this.#size) return;
    const there = this.isDevice ? this.sizeMax : this.#try('look at', () => fs.fstatSync(this.fd).size);
    if (there >= size) this.#size = size;
  }

  /** Bytes that it has now. */
  get length(): number {
    return this.#try('look at', () => this.#inspect()).size;
  }

  /** Throws if the file is not what it was any more: what was written to it would be lost. */
  verify(): void {
    this.assertOpen();
    if (this.isDevice) return;
    const { links, size } = this.#try('look at', () => this.#inspect());
    if (links === 0) this.fail(this.#gone('was removed under the open stream', 'what was written is lost'));
    if (size < this.size) {
      this.fail(this.#gone('was truncated under the open stream', `it has ${size} of ${this.size} bytes`));
    }
  }

  /** Ends all hope for the file: the first such error is thrown now and by every drain from now on. */
  fail(error: VarveError): never {
    this.#failed ??= error;
    throw this.#failed;
  }

  publish(): void {
    this.assertSound();
    this.#birth?.publish();
    this.#birth = undefined;
    this.#isNew = false;
  }

  /** What another thread needs to open the same file: `attachFile`. */
  share(): FileHandle {
    this.assertSound();
    const fd = this.#lockFd >= 0 ? this.#holdFd : this.fd;
    if (this.#addon === undefined && !this.readOnly && !isMainThread()) {
      const advice = `without the addon only the main thread can, since the lock ends with the thread that opened the file. ${addonProblem()}`;
      throw ioError('share', this.path, undefined, advice);
    }
    const { path, size, sizeMax, readOnly } = this;
    const { dev, ino } = fs.fstatSync(fd);
    return { path, size, sizeMax, readOnly, isDevice: this.isDevice, dev, ino, fd };
  }

  /** Leaves the lock to the other threads that have the file open: each has a hold on it, where there is the addon. */
  lend(): void {
    this.#lent = this.#addon === undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#birth?.abandon();
    if (this.#lockFd >= 0 && !this.#lent) closeFd(this.#lockFd);
    this.#unlock();
    if (this.#running === undefined) closeFd(this.fd);
  }

  /** Throws `VARVE_CLOSED` after `close`: the descriptor's number may belong to another file by then. */
  assertOpen(): void {
    if (this.#closed)
      throw new VarveError('VARVE_CLOSED', `Cannot use '${this.path}': it was closed`, { path: this.path });
  }

  /** Throws if a sync has failed before. */
  assertSound(): void {
    this.assertOpen();
    if (this.#failed !== undefined) throw this.#failed;
  }

  /** Done after every sync: the addon can look without making the next write dearer, which Node's stat cannot. */
  #inspect(): { links: number; size: number } {
    if (this.#addon === undefined || this.#block === undefined) {
      const { nlink, size } = fs.fstatSync(this.fd);
      return { links: nlink, size };
    }
    this.#addon.inspect(this.fd);
    return { links: this.#block[8] as number, size: this.#block[9] as number };
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.assertSound();
    this.#running = this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      await datasync(this.fd);
    } catch (cause) {
      throw this.#syncFailed(cause);
    } finally {
      this.#running = undefined;
      if (this.#closed) closeFd(this.fd);
    }
    // Another sync may have met an error meanwhile that this one was not told.
    if (this.#failed !== undefined) throw this.#failed;
    if (!this.#closed) this.verify();
  }

  #syncFailed(cause: unknown): VarveError {
    const advice = `what was not durable before may be lost (${codeOf(cause)}); close the stream and open it again to see what is there`;
    this.#failed ??= ioError('sync', this.path, cause, advice);
    return this.#failed;
  }

  #gone(what: string, detail: string): VarveError {
    const message = `The file '${this.path}' ${what}: ${detail}; close the stream, and restore the file`;
    return new VarveError('VARVE_IO', message, { path: this.path });
  }

  #try<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw ioError(what, this.path, cause);
    }
  }
}

function isMainThread(): boolean {
  return builtin('node:worker_threads').isMainThread;
}

function datasync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}
