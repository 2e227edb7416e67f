import { rangeError } from '../base/errors.js';
import type { Extent, Medium } from '../media/medium.js';
import { assertBlocks, type Blocks } from './blocks.js';

/** Bytes that are open as one extent: blocks may be more than what one view can show. */
const PIECE_SHIFT = 30;

/**
 * Blocks on a medium, as any of varve's.
 *
 * @example
 * const blocks = new MediumBlocks(new MemoryMedium('1MiB'), 256, 12);
 */
export class MediumBlocks implements Blocks {
  readonly blockCount: number;
  readonly blockShift: number;
  readonly retains: boolean;
  readonly path: string | undefined;
  readonly #medium: Medium;
  readonly #offset: number;
  readonly #extents: (Extent | undefined)[] = [];
  /** The block behind the last one that was stored and not synced. */
  #stored = 0;

  /**
   * @param medium has to be there and published; it is closed with the blocks
   * @param count number of blocks
   * @param shift they have 2^shift bytes each
   * @param offset where on the medium they begin: a multiple of their size
   * @throws TypeError or RangeError with the code `VARVE_ARGUMENT`, also if the medium has no room for them
   */
  constructor(medium: Medium, count: number, shift: number, offset = 0) {
    assertBlocks(count, shift);
    const end = offset + count * 2 ** shift;
    if (!Number.isSafeInteger(end) || offset < 0 || offset % 2 ** shift !== 0 || end > medium.size) {
      throw rangeError(
        `Cannot have ${count} blocks of ${2 ** shift} bytes at ${offset} of a medium of ${medium.size} bytes`,
      );
    }
    this.blockCount = count;
    this.blockShift = shift;
    this.retains = medium.retains;
    this.path = medium.path;
    this.#medium = medium;
    this.#offset = offset;
  }

  loadFrom(block: number, buffers: readonly Uint8Array[]): void {
    this.#each(block, buffers, (extent, position, bytes) => {
      const { bytes: there, start } = extent.read(position, bytes.length, extent.length);
      bytes.set(there.subarray(position - start, position - start + bytes.length));
    });
  }

  storeAt(block: number, buffers: readonly Uint8Array[]): void {
    // Extents are appended to: a store in front of others that are not durable would take those back.
    if (block < this.#stored) this.syncSync();
    const end = this.#each(block, buffers, (extent, position, bytes) => {
      const { bytes: there, start } = extent.write(position, bytes.length);
      there.set(bytes, position - start);
      extent.flush(position, position + bytes.length);
    });
    this.#stored = Math.max(this.#stored, end);
  }

  sync(): Promise<void> {
    return this.#medium.drain();
  }

  syncSync(): void {
    this.#medium.drainSync();
    this.#stored = 0;
  }

  /** What a medium in memory holds stays there: the blocks can be used again. */
  close(): void {
    this.#medium.close();
    this.#extents.length = 0;
    this.#stored = 0;
  }

  /** Calls `visit` with every run of bytes in one extent; returns the block behind the last one. */
  #each(
    block: number,
    buffers: readonly Uint8Array[],
    visit: (extent: Extent, position: number, bytes: Uint8Array) => void,
  ): number {
    const size = 2 ** this.blockShift;
    let at = block * size;
    for (const bytes of buffers) {
      for (let done = 0; done < bytes.length; ) {
        const inPiece = at % 2 ** PIECE_SHIFT;
        const count = Math.min(bytes.length - done, 2 ** PIECE_SHIFT - inPiece);
        visit(this.#extent(at), inPiece, bytes.subarray(done, done + count));
        done += count;
        at += count;
      }
    }
    return Math.ceil(at / size);
  }

  #extent(at: number): Extent {
    const piece = Math.floor(at / 2 ** PIECE_SHIFT);
    const from = piece * 2 ** PIECE_SHIFT;
    const length = Math.min(2 ** PIECE_SHIFT, this.blockCount * 2 ** this.blockShift - from);
    this.#extents[piece] ??= this.#medium.open(this.#offset + from, length, 'append');
    return this.#extents[piece];
  }
}
