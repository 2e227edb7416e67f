import { FileAppendExtent, type FileParts, FileRandomExtent } from './file-extent.js';
import type { MediumHandle } from './handle.js';
import type { Access, Extent, Medium } from './medium.js';
import type { OpenedFile } from './opened-file.js';
import { OpenedMedium } from './opened-medium.js';
import { ReadCache } from './read-cache.js';
import { WindowMemory } from './window-memory.js';
import { WriteQueue } from './write-queue.js';

/**
 * A file or block device by positioned reads and writes and a data sync: pure TypeScript, for everything that can be
 * opened. It holds in memory only what is being stored, and windows on what is being read.
 */
export class FileMedium extends OpenedMedium implements Medium {
  readonly kind = 'file';
  readonly granularity = 512;
  readonly slow = true;
  readonly #queue: WriteQueue;
  readonly #parts: FileParts;

  /**
   * @param file open, and locked unless it is read-only; the medium closes it
   * @param shared true if other threads have it open
   */
  constructor(file: OpenedFile, shared = false) {
    super(file);
    this.#queue = new WriteQueue(file);
    const [cache, memory] = [new ReadCache(), new WindowMemory()];
    this.#parts = { file, queue: this.#queue, cache, memory, inUse: new Set(), shared };
  }

  open(offset: number, length: number, access: Access): Extent {
    this.file.assertOpen();
    const extent = this.#extent(offset, length, access);
    this.#parts.inUse.add(extent);
    return extent;
  }

  /** Everything appended is written by now. What was opened before goes on in the same way as what is opened later. */
  share(): MediumHandle {
    for (const extent of this.#parts.inUse) extent.rewind();
    this.#parts.shared = true;
    return { kind: 'file', file: this.file.share() };
  }

  peek(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.file.read(bytes, offset);
    return bytes;
  }

  poke(offset: number, bytes: Uint8Array): void {
    this.file.write(bytes, offset);
  }

  #extent(offset: number, length: number, access: Access): Extent {
    if (access === 'random') return new FileRandomExtent(this.#parts, offset, length);
    return new FileAppendExtent(this.#parts, offset, length);
  }

  drainSync(): void {
    this.file.assertSound();
    this.#queue.writeOut();
    this.file.syncSync();
  }

  async drain(): Promise<void> {
    this.file.assertSound();
    // Writing is copying into the page cache; what takes long is the sync.
    this.#queue.writeOut();
    await this.file.sync();
  }

  close(): void {
    this.#parts.inUse.clear();
    this.#parts.cache.clear();
    this.file.close();
  }
}
