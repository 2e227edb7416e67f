import { roundUp } from '../base/sizes.js';
import { GatheredStores } from './gathered-stores.js';
import { givenUp } from './io-error.js';
import type { Extent } from './medium.js';
import type { OpenedFile } from './opened-file.js';
import type { ReadCache } from './read-cache.js';
import { Window } from './window.js';
import type { WindowMemory } from './window-memory.js';
import type { QueueOwner, WriteQueue } from './write-queue.js';
import { WINDOW_BYTES } from './write-windows.js';

/** What all extents of a file share. */
export interface FileParts {
  readonly file: OpenedFile;
  readonly queue: WriteQueue;
  readonly cache: ReadCache;
  readonly memory: WindowMemory;
  /** True once other threads have the file open, too. */
  shared: boolean;
  /** The extents in use: one takes itself out when it is released. */
  readonly inUse: Set<Extent>;
}

/** A small part of a file that is held in memory as a whole. */
export class FileRandomExtent implements Extent, QueueOwner {
  readonly length: number;
  readonly offset: number;
  readonly #parts: FileParts;
  #window: Window | undefined;

  constructor(parts: FileParts, offset: number, length: number) {
    this.#parts = parts;
    this.offset = offset;
    this.length = length;
  }

  read(): Window {
    assertInUse(this, this.#parts);
    return this.#window ?? this.#load();
  }

  write(): Window {
    return this.read();
  }

  flush(from: number, to: number): void {
    const { queue } = this.#parts;
    queue.add(this, this.read(), from, to);
    queue.relieve();
  }

  wrote(): void {}

  rewind(): void {
    if (this.#parts.file.readOnly || this.#parts.shared) this.#window = undefined;
  }

  release(): void {
    this.#window = undefined;
    giveUp(this, this.#parts);
  }

  #load(): Window {
    const bytes = new Uint8Array(this.length);
    this.#parts.file.read(bytes, this.offset);
    this.#window = new Window(bytes, 0);
    return this.#window;
  }
}

/** A part of a file that may be larger than memory: what is being stored is in windows, what is read is fetched. */
export class FileAppendExtent implements Extent, QueueOwner {
  readonly length: number;
  readonly offset: number;
  readonly #parts: FileParts;
  readonly #stores: GatheredStores;

  constructor(parts: FileParts, offset: number, length: number) {
    this.#parts = parts;
    this.offset = offset;
    this.length = length;
    this.#stores = new GatheredStores(this, length, parts.queue, parts.memory);
  }

  read(position: number, length: number, limit: number): Window {
    assertInUse(this, this.#parts);
    const stored = this.#stores.windows.read(position, length, limit);
    if (stored !== undefined) return stored;
    const { cache } = this.#parts;
    const found = cache.find(this, position, length);
    if (found !== undefined) return found;
    const window = this.#fetch(position, length, limit, cache.span(this, position));
    cache.keep(this, window);
    return window;
  }

  glimpse(position: number, length: number, bytes: Uint8Array): boolean {
    assertInUse(this, this.#parts);
    if (position + length > this.#stores.windows.start) return false;
    if (this.#parts.cache.find(this, position, length) !== undefined) return false;
    this.#parts.file.read(bytes, this.offset + position, length);
    return true;
  }

  write(position: number, length: number): Window {
    assertInUse(this, this.#parts);
    if (this.#parts.shared) return new Window(new Uint8Array(roundUp(length, 8)), position);
    this.#parts.cache.drop(this, position);
    return this.#stores.take(position, length);
  }

  put({ bytes, start }: Window, from: number, to: number): void {
    assertInUse(this, this.#parts);
    this.#parts.file.write(bytes.subarray(from - start, to - start), this.offset + from);
  }

  fresh(position: number, length: number): Window {
    assertInUse(this, this.#parts);
    const bytes = new Uint8Array(length);
    this.#parts.file.read(bytes, this.offset + position);
    return new Window(bytes, position);
  }

  flush(from: number, to: number): void {
    const { start } = this.#stores.windows;
    if (from < start) this.#writeAgain(from, Math.min(to, start));
    this.#stores.flush(from, to);
  }

  /** What was only read is written again: after a sync that failed the system may hold it as written, and it is not. */
  #writeAgain(from: number, to: number): void {
    const { file } = this.#parts;
    const memory = new Uint8Array(Math.max(0, Math.min(WINDOW_BYTES, to - from)));
    for (let at = from; at < to; at += memory.length) {
      const bytes = memory.subarray(0, Math.min(memory.length, to - at));
      file.read(bytes, this.offset + at);
      file.write(bytes, this.offset + at);
    }
  }

  /** What is written can be fetched again: its windows are not needed any more. */
  wrote(position: number): void {
    this.#stores.windows.wrote(position);
  }

  rewind(): void {
    this.#takeBack(0);
  }

  release(): void {
    this.#takeBack(0);
    giveUp(this, this.#parts);
  }

  #takeBack(position: number): void {
    this.#stores.takeBack(position);
    this.#parts.cache.drop(this, position);
  }

  /** Reads `length` bytes, and up to `span` as far as the file is up to date; what is only in memory yet is laid over it. */
  #fetch(position: number, length: number, limit: number, span = length): Window {
    let end = Math.min(position + Math.max(length, span), limit);
    if (position + length <= this.#stores.windows.start) end = Math.min(end, this.#stores.windows.start);
    const bytes = new Uint8Array(end - position);
    this.#parts.file.read(bytes, this.offset + position);
    this.#stores.windows.each(position, end, (window, first, last) => {
      bytes.set(window.bytes.subarray(first - window.start, last - window.start), first - position);
    });
    return new Window(bytes, position);
  }
}

function assertInUse(extent: Extent, parts: FileParts): void {
  parts.file.assertOpen();
  if (!parts.inUse.has(extent)) throw givenUp(parts.file.path);
}

function giveUp(extent: Extent & QueueOwner, parts: FileParts): void {
  parts.queue.drop(extent, 0);
  parts.inUse.delete(extent);
}
