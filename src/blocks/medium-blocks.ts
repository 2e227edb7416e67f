import { rangeError, VarveError } from '../base/errors.js';
import type { Extent, Medium } from '../media/medium.js';
import { type OpenMediumOptions, openMedium } from '../media/open.js';
import { oneOf } from '../stream/options.js';
import { assertBlocks, BLOCK_COUNT_MIN, type Blocks } from './blocks.js';

/** Bytes that are open as one extent: blocks may be more than what one view can show. */
const PIECE_SHIFT = 30;

/** How a file or a block device is opened as blocks. */
export interface OpenBlocksOptions {
  /** Blocks have 2^blockShift bytes. */
  readonly blockShift: number;
  /** How many there are. Needed to create a file; left out: as many as it has. */
  readonly blockCount?: number;
  /** As that of a stream: 'auto', the default, is 'pmem' or 'page-cache' where files can be mapped, else 'file'. */
  readonly medium?: OpenMediumOptions['medium'];
}

/**
 * Blocks on a medium, as any of varve's, from its beginning on. They are the only ones to use it.
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
  readonly #extents: (Extent | undefined)[] = [];
  /** The block behind the last one that was stored and not synced. */
  #stored = 0;
  #locked: boolean;

  /**
   * @param medium is closed with the blocks; one in memory can be used again afterwards
   * @param count number of blocks
   * @param shift they have 2^shift bytes each
   * @throws VARVE_LOCKED if a stream has it open, VARVE_READ_ONLY, TypeError, RangeError, also if the medium has no room for so many
   */
  constructor(medium: Medium, count: number, shift: number) {
    assertBlocks(count, shift);
    if (count * 2 ** shift > medium.size) {
      const blocks = `${count} blocks of ${2 ** shift} bytes`;
      throw rangeError(`Cannot have ${blocks} on a medium of ${medium.size} bytes`);
    }
    if (medium.readOnly)
      throw new VarveError(
        'VARVE_READ_ONLY',
        'Cannot have blocks on a medium that is read-only: open it for writing',
      );
    medium.lock();
    this.#locked = true;
    if (medium.isNew) medium.publish();
    this.blockCount = count;
    this.blockShift = shift;
    this.retains = medium.retains;
    this.path = medium.path;
    this.#medium = medium;
  }

  /**
   * Opens a file or a block device as blocks, or makes the file.
   *
   * @throws VARVE_NOT_FOUND if it is not there and no number of blocks was said, VARVE_LOCKED, VARVE_IO, TypeError, RangeError
   */
  static open(target: string | URL, options: OpenBlocksOptions): MediumBlocks {
    const { blockShift, blockCount } = options;
    assertBlocks(blockCount ?? BLOCK_COUNT_MIN, blockShift);
    const how = { readOnly: false, medium: kindOption(options.medium) };
    const medium =
      blockCount === undefined
        ? openMedium(target, { ...how, mode: 'open' })
        : openMedium(target, { ...how, mode: 'open-or-create', size: blockCount * 2 ** blockShift });
    return onMedium(medium, blockShift, blockCount);
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
    this.#locked = false;
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
    if (!this.#locked) this.#medium.lock();
    this.#locked = true;
    const piece = Math.floor(at / 2 ** PIECE_SHIFT);
    const from = piece * 2 ** PIECE_SHIFT;
    const length = Math.min(2 ** PIECE_SHIFT, this.blockCount * 2 ** this.blockShift - from);
    this.#extents[piece] ??= this.#medium.open(from, length, 'append');
    return this.#extents[piece];
  }
}

/** Checks how files are to be opened. */
export function kindOption(kind: unknown): OpenMediumOptions['medium'] {
  return oneOf(kind ?? 'auto', ['auto', 'pmem', 'page-cache', 'file'], 'medium');
}

/** All of a medium as blocks, or so many of them. It is closed if that cannot be. */
export function onMedium(medium: Medium, shift: number, count?: number): MediumBlocks {
  try {
    return new MediumBlocks(medium, count ?? Math.floor(medium.size / 2 ** shift), shift);
  } catch (error) {
    medium.close();
    throw error;
  }
}
