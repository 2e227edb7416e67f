import type { Extent, Medium } from '../media/medium.js';
import { openMedium } from '../media/open.js';

/** Bytes that are read at a time. */
const AHEAD = 256 * 1024;

/** A file that is only read, of which nothing is believed: what lies beyond its end is not there. */
export class FileBytes {
  readonly #medium: Medium;
  readonly #extent: Extent;

  /** @throws VARVE_NOT_FOUND, VARVE_IO, VARVE_NOT_A_STREAM if it is no file */
  constructor(path: string | URL) {
    this.#medium = openMedium(path, { mode: 'open', readOnly: true, medium: 'file' });
    this.#extent = this.#medium.open(0, this.#medium.size, 'append');
  }

  get size(): number {
    return this.#medium.size;
  }

  get path(): string {
    return this.#medium.path ?? '';
  }

  /** The 64-bit number at an offset, a multiple of 8; undefined if that is beyond the end. */
  word(offset: number): bigint | undefined {
    if (offset + 8 > this.size) return undefined;
    const limit = Math.min(this.size - (this.size % 8), offset - (offset % 8) + AHEAD);
    const { view, start } = this.#extent.read(offset, 8, limit);
    return view.getBigUint64(offset - start, true);
  }

  /** Bytes that are known to lie in the file. */
  bytes(offset: number, length: number): Uint8Array {
    const at = offset - (offset % 8);
    const { bytes, start } = this.#extent.read(at, offset - at + length, offset + length);
    return bytes.subarray(offset - start, offset - start + length);
  }

  close(): void {
    this.#medium.close();
  }
}
