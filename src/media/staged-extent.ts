import { GatheredStores } from './gathered-stores.js';
import { givenUp } from './io-error.js';
import type { MappedExtent } from './mapped-extent.js';
import type { Extent } from './medium.js';
import type { OpenedFile } from './opened-file.js';
import { Window } from './window.js';
import type { WindowMemory } from './window-memory.js';
import type { QueueOwner, WriteQueue } from './write-queue.js';

/** What all such extents of a file share. */
export interface StagedParts {
  readonly file: OpenedFile;
  readonly queue: WriteQueue;
  readonly memory: WindowMemory;
  /** The extents in use: one takes itself out when it is released. */
  readonly inUse: Set<StagedExtent>;
  /** True once other threads have the file open, too: what is stored has to be there for them at once. */
  shared: boolean;
}

/**
 * A region of a mapped file whose pages are the kernel's. It is read where it is mapped, but what is appended is gathered in memory and written.
 *
 * A store into such a mapping costs a page fault for every page after each sync, and the sync then writes all of the folio that holds the
 * page, which may be a megabyte. A write marks the blocks that it changes, and no more.
 */
export class StagedExtent implements Extent, QueueOwner {
  readonly length: number;
  readonly offset: number;
  readonly #parts: StagedParts;
  readonly #mapped: MappedExtent;
  readonly #stores: GatheredStores;
  /** The mapping, as far as it is up to date. */
  #view: Window | undefined;

  constructor(parts: StagedParts, mapped: MappedExtent, offset: number) {
    this.#parts = parts;
    this.#mapped = mapped;
    this.offset = offset;
    this.length = mapped.length;
    this.#stores = new GatheredStores(this, mapped.length, parts.queue, parts.memory);
  }

  read(position: number, length: number, limit: number): Window {
    this.#assertInUse();
    const { windows } = this.#stores;
    const { start } = windows;
    if (start === Number.POSITIVE_INFINITY) return this.#mapped.read();
    const end = position + length;
    if (end <= start) return this.#viewUpTo(start);
    return windows.read(position, length, limit) ?? this.#compose(position, end);
  }

  write(position: number, length: number): Window {
    this.#assertInUse();
    if (this.#parts.shared) return this.#mapped.write(position);
    return this.#stores.take(position, length);
  }

  flush(from: number, to: number): void {
    const { start } = this.#stores.windows;
    if (from < start) this.#mapped.flush(from, Math.min(to, start));
    this.#stores.flush(from, to);
  }

  /** What is written can be read in the mapping: its windows are not needed any more. */
  wrote(position: number): void {
    this.#stores.windows.wrote(position);
  }

  rewind(): void {
    this.#stores.takeBack(0);
  }

  release(): void {
    this.#stores.takeBack(0);
    this.#parts.inUse.delete(this);
    this.#mapped.release();
  }

  /** What was found to be good in a shorter view is good in this one. */
  #viewUpTo(end: number): Window {
    const old = this.#view ?? this.#mapped.read();
    if (old.end === end) return old;
    const { bytes } = this.#mapped.read();
    const view = new Window(bytes.subarray(0, end), 0);
    if (old.end <= end) view.verified = old.verified;
    view.endsWhole = true;
    this.#view = view;
    return view;
  }

  /** What stands partly in the file, or in several windows. */
  #compose(position: number, end: number): Window {
    const bytes = this.#mapped.read().bytes.slice(position, end);
    this.#stores.windows.each(position, end, (window, first, last) => {
      bytes.set(window.bytes.subarray(first - window.start, last - window.start), first - position);
    });
    return new Window(bytes, position);
  }

  #assertInUse(): void {
    this.#parts.file.assertOpen();
    if (!this.#parts.inUse.has(this)) throw givenUp(this.#parts.file.path);
  }
}
