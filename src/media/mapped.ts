import type { Addon } from '../base/addon.js';
import { VarveError } from '../base/errors.js';
import type { MediumHandle } from './handle.js';
import { givenUp, ioError } from './io-error.js';
import type { Extent, Medium } from './medium.js';
import type { OpenedFile } from './opened-file.js';
import { OpenedMedium } from './opened-medium.js';
import { Window } from './window.js';

const CACHE_LINE_BYTES = 64;
const SMALLEST_PAGE_BYTES = 4096;
/** Where the addon counts the pages that it could not have. */
const LOST_PAGES = 15;

/** What `map` of the addon is asked for; 'sync' where the kernel promises that flushed cache lines are durable. */
export type MappingKind = 'sync' | 'shared' | 'private';

/**
 * A file in mapped memory. As `pmem` its cache lines are flushed: durable on persistent memory, and on nothing else. As
 * `page-cache` its pages are the kernel's, and durable by a data sync.
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

  /**
   * @param file open, and locked unless it is read-only; the medium closes it
   * @param addon does the mapping
   * @param kind what makes its bytes durable
   * @param mappingKind how it is mapped: 'private' if it is read-only
   * @param flushesLines false where stores need not be flushed: read-only, by pages, or with caches that survive a power cut
   */
  constructor(
    file: OpenedFile,
    addon: Addon,
    kind: 'pmem' | 'page-cache',
    mappingKind: MappingKind,
    flushesLines: boolean,
  ) {
    super(file);
    this.kind = kind;
    this.slow = kind === 'page-cache';
    this.granularity = this.slow ? addon.features.pageSize : CACHE_LINE_BYTES;
    this.#fence = addon.fence;
    this.#block = new Float64Array(addon.block);
    this.#parts = { file, addon, mappingKind, flushesLines, block: this.#block, inUse: this.#inUse };
  }

  open(offset: number, length: number): Extent {
    this.file.assertOpen();
    const extent = new MappedExtent(this.#parts, offset, length);
    this.#inUse.add(extent);
    return extent;
  }

  override grow(from: number, to: number): void {
    super.grow(from, to);
    // A fence says nothing of the file's length.
    if (!this.slow) this.file.syncSync();
  }

  share(): MediumHandle {
    const { mappingKind, flushesLines } = this.#parts;
    return { kind: this.kind, file: this.file.share(), mappingKind, flushesLines };
  }

  drainSync(): void {
    this.file.assertSound();
    if (this.slow) this.file.syncSync();
    else this.#fence();
    if (this.#block[LOST_PAGES] !== 0) this.#failIfLost();
  }

  async drain(): Promise<void> {
    if (!this.slow) {
      this.drainSync();
      return;
    }
    this.file.assertSound();
    await this.file.sync();
    if (this.#block[LOST_PAGES] !== 0) this.#failIfLost();
  }

  close(): void {
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

/** What all extents of a mapped file share. */
interface MappedParts {
  readonly file: OpenedFile;
  readonly addon: Addon;
  readonly mappingKind: MappingKind;
  readonly flushesLines: boolean;
  readonly block: Float64Array;
  readonly inUse: Set<MappedExtent>;
}

/** A mapping of its own for each extent, made when it is first looked at. */
class MappedExtent implements Extent {
  readonly length: number;
  readonly #offset: number;
  readonly #parts: MappedParts;
  #window: Window | undefined;
  /** Nothing before it was stored through this extent. */
  #storedFrom = Number.POSITIVE_INFINITY;

  constructor(parts: MappedParts, offset: number, length: number) {
    this.#parts = parts;
    this.#offset = offset;
    this.length = length;
  }

  /** True if zeroes are in the place of a page of the file. */
  get lost(): boolean {
    return this.#window !== undefined && this.#parts.addon.lost(this.#window.mapping);
  }

  read(): Window {
    return this.#window ?? this.#map();
  }

  write(position: number): Window {
    this.#storedFrom = Math.min(this.#storedFrom, position);
    return this.#window ?? this.#map();
  }

  flush(from: number, to: number): void {
    const { addon, block, flushesLines } = this.#parts;
    if (from < this.#storedFrom) this.#touch(from, Math.min(to, this.#storedFrom));
    const window = this.#window;
    if (!flushesLines || window === undefined) return;
    block[0] = window.mapping;
    block[1] = from;
    block[2] = to;
    addon.flush();
  }

  /**
   * Has pages that were only read written by the next sync: after one that failed the system may hold them as written, and they are
   * not. An ordinary store of what is there might be taken for needless.
   */
  #touch(from: number, to: number): void {
    const { bytes } = this.read();
    for (let at = from; at < to; at += SMALLEST_PAGE_BYTES) Atomics.or(bytes, at, 0);
    if (from < to) Atomics.or(bytes, to - 1, 0);
  }

  rewind(): void {}

  release(): void {
    const trouble = this.letGo();
    if (trouble !== undefined) throw ioError('unmap a part of', this.#parts.file.path, trouble.cause);
  }

  /**
   * As `release`. Where the kernel has no room to put zeroes in the place of the pages, that is returned: nobody can reach them any
   * more but who has stolen the buffer, so at the end of everything it does no harm.
   */
  letGo(): { cause: unknown } | undefined {
    const window = this.#window;
    this.#window = undefined;
    this.#parts.inUse.delete(this);
    if (window === undefined) return undefined;
    try {
      this.#parts.addon.unmap(window.mapping);
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }

  #map(): Window {
    const { file, addon, mappingKind, flushesLines, inUse } = this.#parts;
    file.assertOpen();
    if (!inUse.has(this)) throw givenUp(file.path);
    this.#assertThere(file);
    try {
      const { mapping, memory } = addon.map(file.fd, this.#offset, this.length, mappingKind, flushesLines);
      this.#window = new Window(new Uint8Array(memory), 0, mapping, flushesLines);
      return this.#window;
    } catch (cause) {
      throw ioError(`map ${this.length} bytes at ${this.#offset} of`, file.path, cause);
    }
  }

  /** What lies beyond the end of a file can be mapped, but not read. */
  #assertThere(file: OpenedFile): void {
    const size = file.length;
    if (size >= this.#offset + this.length) return;
    const advice = `it was truncated: it has ${size} of ${file.size} bytes; restore it`;
    throw ioError('map', file.path, undefined, advice);
  }
}
