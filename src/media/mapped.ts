import type { Addon } from '../base/addon.js';
import { VarveError } from '../base/errors.js';
import type { MediumHandle } from './handle.js';
import { MappedExtent, type MappedParts, type MappingKind } from './mapped-extent.js';
import type { Access, Extent, Medium } from './medium.js';
import type { OpenedFile } from './opened-file.js';
import { OpenedMedium } from './opened-medium.js';
import { StagedExtent, type StagedParts } from './staged-extent.js';
import { WindowMemory } from './window-memory.js';
import { WriteQueue } from './write-queue.js';

const CACHE_LINE_BYTES = 64;
/** Where the addon says that something was flushed since the last fence. */
const UNFENCED = 14;
/** Where it counts the pages that it could not have. */
const LOST_PAGES = 15;

/**
 * A file in mapped memory. As `pmem` its cache lines are flushed: durable on persistent memory, and on nothing else. As
 * `page-cache` its pages are the kernel's, and durable by a data sync; what is appended is written to them.
 */
export class MappedMedium extends OpenedMedium implements Medium {
  readonly kind: 'pmem' | 'page-cache';
  readonly granularity: number;
  readonly slow: boolean;
  readonly #block: Float64Array;
  /** Held here since a look into the addon's exports, a dictionary, takes longer than the call. */
  readonly #fence: () => void;
  readonly #inUse = new Set<MappedExtent>();
  readonly #parts: MappedParts;
  /** For regions of `page-cache` that one thread appends to. */
  readonly #staged: StagedParts;

  /**
   * @param file open, and locked unless it is read-only; the medium closes it
   * @param addon does the mapping
   * @param kind what makes its bytes durable
   * @param mappingKind how it is mapped: 'private' if it is read-only
   * @param flushesLines false where stores need not be flushed: read-only, by pages, or with caches that survive a power cut
   * @param shared true if other threads have it open
   */
  constructor(
    file: OpenedFile,
    addon: Addon,
    kind: 'pmem' | 'page-cache',
    mappingKind: MappingKind,
    flushesLines: boolean,
    shared = false,
  ) {
    super(file);
    this.kind = kind;
    this.slow = kind === 'page-cache';
    this.granularity = this.slow ? addon.features.pageSize : CACHE_LINE_BYTES;
    this.#fence = addon.fence;
    this.#block = new Float64Array(addon.block);
    this.#parts = { file, addon, mappingKind, flushesLines, block: this.#block, inUse: this.#inUse };
    const [queue, memory] = [new WriteQueue(file), new WindowMemory()];
    this.#staged = { file, queue, memory, inUse: new Set(), shared };
  }

  open(offset: number, length: number, access: Access): Extent {
    this.file.assertOpen();
    const mapped = new MappedExtent(this.#parts, offset, length);
    this.#inUse.add(mapped);
    if (!this.slow || this.readOnly || access !== 'append') return mapped;
    const extent = new StagedExtent(this.#staged, mapped, offset);
    this.#staged.inUse.add(extent);
    return extent;
  }

  override grow(from: number, to: number): void {
    super.grow(from, to);
    // A fence says nothing of the file's length.
    if (!this.slow) this.file.syncSync();
  }

  /** Everything appended is written by now. From now on what one thread stores is there for the others at once, in the mapping. */
  share(): MediumHandle {
    for (const extent of this.#staged.inUse) extent.rewind();
    this.#staged.shared = true;
    const { mappingKind, flushesLines } = this.#parts;
    return { kind: this.kind, file: this.file.share(), mappingKind, flushesLines };
  }

  drainSync(): void {
    this.file.assertSound();
    if (this.slow) this.#syncSync();
    // Where no lines are flushed, the addon does not know of what was stored.
    else if (this.#block[UNFENCED] !== 0 || !this.#parts.flushesLines) this.#fence();
    if (this.#block[LOST_PAGES] !== 0) this.#failIfLost();
  }

  async drain(): Promise<void> {
    if (!this.slow) {
      this.drainSync();
      return;
    }
    this.file.assertSound();
    this.#staged.queue.writeOut();
    await this.file.sync();
    if (this.#block[LOST_PAGES] !== 0) this.#failIfLost();
  }

  #syncSync(): void {
    this.#staged.queue.writeOut();
    this.file.syncSync();
  }

  close(): void {
    this.#staged.inUse.clear();
    for (const extent of this.#inUse) extent.letGo();
    this.file.close();
  }

  /** Also set where a page could not be read: zeroes are in its place, and whoever read there may have taken them for the truth. */
  override get failed(): Error | undefined {
    return this.file.failed ?? (this.#block[LOST_PAGES] === 0 ? undefined : this.#lost());
  }

  #failIfLost(): void {
    const error = this.#lost();
    if (error !== undefined) this.file.fail(error);
  }

  /** The count of lost pages is that of all media of this thread: so it is only the reason to look. */
  #lost(): VarveError | undefined {
    if (![...this.#inUse].some((extent) => extent.lost)) return undefined;
    const message = `A part of '${this.path}' was lost under the open stream (truncated, no disk left, or not to be read); close the stream, and restore the file`;
    return new VarveError('VARVE_IO', message, { path: this.path });
  }
}
