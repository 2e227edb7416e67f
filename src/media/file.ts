import { FileAppendExtent, type FileParts, FileRandomExtent } from './file-extent.js';
import type { Access, Extent, Medium } from './medium.js';
import type { OpenedFile } from './opened-file.js';
import { ReadCache } from './read-cache.js';
import { WriteQueue } from './write-queue.js';

/**
 * A file or block device by positioned reads and writes and a data sync: pure TypeScript, for everything that can be
 * opened. It holds in memory only what is being stored, and windows on what is being read.
 */
export class FileMedium implements Medium {
  readonly kind = 'file';
  readonly granularity = 512;
  readonly slow = true;
  readonly volatile = false;
  readonly retains = true;
  readonly #file: OpenedFile;
  readonly #queue: WriteQueue;
  readonly #parts: FileParts;

  /** @param file open, and locked unless it is read-only; the medium closes it */
  constructor(file: OpenedFile) {
    this.#file = file;
    this.#queue = new WriteQueue(file);
    this.#parts = { file, queue: this.#queue, cache: new ReadCache(), inUse: new Set() };
  }

  get size(): number {
    return this.#file.size;
  }

  get readOnly(): boolean {
    return this.#file.readOnly;
  }

  get isNew(): boolean {
    return this.#file.isNew;
  }

  get path(): string {
    return this.#file.path;
  }

  get failed(): Error | undefined {
    return this.#file.failed;
  }

  open(offset: number, length: number, access: Access): Extent {
    this.#file.assertOpen();
    const Kind = access === 'random' ? FileRandomExtent : FileAppendExtent;
    const extent = new Kind(this.#parts, offset, length);
    this.#parts.inUse.add(extent);
    return extent;
  }

  drainSync(): void {
    this.#file.assertSound();
    this.#queue.writeOut();
    this.#file.syncSync();
  }

  async drain(): Promise<void> {
    this.#file.assertSound();
    // Writing is copying into the page cache; what takes long is the sync.
    this.#queue.writeOut();
    await this.#file.sync();
  }

  publish(): void {
    this.#file.publish();
  }

  /** Does nothing: the file was locked when it was opened. */
  lock(): void {}

  close(): void {
    this.#parts.inUse.clear();
    this.#parts.cache.clear();
    this.#file.close();
  }
}
