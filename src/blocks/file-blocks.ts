import { statSync } from 'node:fs';
import { ioError } from '../media/io-error.js';
import type { Medium } from '../media/medium.js';
import type { Blocks } from './blocks.js';
import { type MediumBlocks, onMedium } from './medium-blocks.js';

/** The blocks of a file, which is open while it is in use. */
export class FileBlocks implements Blocks {
  readonly blockShift: number;
  readonly path: string;
  readonly #reopen: () => Medium;
  readonly #onUse: (blocks: FileBlocks) => void;
  #count: number | undefined;
  #open: MediumBlocks | undefined;
  #stores = 0;
  #drained = 0;
  #syncing = 0;

  /**
   * @param reopen opens the file
   * @param onUse told whenever it was used
   * @param medium the file, where it is open already
   */
  constructor(
    path: string,
    shift: number,
    reopen: () => Medium,
    onUse: (blocks: FileBlocks) => void,
    medium: Medium | undefined,
  ) {
    this.path = path;
    this.blockShift = shift;
    this.#reopen = reopen;
    this.#onUse = onUse;
    if (medium !== undefined) this.#take(medium);
  }

  /** As many as there are: a file may have been truncated. */
  get blockCount(): number {
    this.#count ??= Math.floor(sizeOf(this.path) / 2 ** this.blockShift);
    return this.#count;
  }

  /** True while something was stored that is not durable. */
  get isBusy(): boolean {
    return this.#drained < this.#stores || this.#syncing > 0;
  }

  loadFrom(block: number, buffers: readonly Uint8Array[]): void {
    this.#use().loadFrom(block, buffers);
  }

  storeAt(block: number, buffers: readonly Uint8Array[]): void {
    this.#stores++;
    this.#use().storeAt(block, buffers);
  }

  async sync(): Promise<void> {
    const stores = this.#stores;
    this.#syncing++;
    try {
      await this.#use().sync();
      this.#drained = Math.max(this.#drained, stores);
    } finally {
      this.#syncing--;
    }
  }

  syncSync(): void {
    const stores = this.#stores;
    this.#use().syncSync();
    this.#drained = Math.max(this.#drained, stores);
  }

  close(): void {
    this.#open?.close();
    this.#open = undefined;
  }

  #use(): MediumBlocks {
    const open = this.#open ?? this.#take(this.#reopen());
    this.#onUse(this);
    return open;
  }

  #take(medium: Medium): MediumBlocks {
    this.#open = onMedium(medium, this.blockShift, this.#count);
    this.#count = this.#open.blockCount;
    return this.#open;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (cause) {
    throw ioError('look at', path, cause);
  }
}
