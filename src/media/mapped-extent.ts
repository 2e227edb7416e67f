import type { Addon } from '../base/addon.js';
import { givenUp, ioError } from './io-error.js';
import type { Extent } from './medium.js';
import type { OpenedFile } from './opened-file.js';
import { Window } from './window.js';

const SMALLEST_PAGE_BYTES = 4096;

/** What `map` of the addon is asked for; 'sync' where the kernel promises that flushed cache lines are durable. */
export type MappingKind = 'sync' | 'shared' | 'private';

/** What all extents of a mapped file share. */
export interface MappedParts {
  readonly file: OpenedFile;
  readonly addon: Addon;
  readonly mappingKind: MappingKind;
  readonly flushesLines: boolean;
  readonly block: Float64Array;
  readonly inUse: Set<MappedExtent>;
}

/** A mapping of its own for each extent, made when it is first looked at. */
export class MappedExtent implements Extent {
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
