import type { LogCursor } from '../core/cursor.js';
import { ENTRY } from '../format/layout.js';
import type { Entry } from './entry.js';
import type { Region } from './region.js';

/**
 * Goes through a region from front to back without making an object for an entry. At the end `next` is false, and true
 * again once something was appended. What the other members say is good while it stands on an entry: after `next` was true,
 * and as long as the region is not freed or cleared.
 *
 * @example
 * const cursor = region.cursor();
 * while (cursor.next()) sum += cursor.view.getUint32(cursor.viewOffset, true);
 */
export class Cursor {
  readonly #at: LogCursor;
  readonly #region: Region;

  /** @internal */
  constructor(at: LogCursor, region: Region) {
    this.#at = at;
    this.#region = region;
  }

  /**
   * Steps to the next entry; false if there is none (yet).
   *
   * @throws VARVE_CORRUPT if it is damaged; VARVE_REGION_FREED, VARVE_CLOSED
   */
  next(): boolean {
    return this.#at.next();
  }

  /** Timestamp of the entry. */
  get timestamp(): number {
    return this.#at.timestamp;
  }

  /** Bytes of its payload. */
  get size(): number {
    return this.#at.size;
  }

  /** Bytes from the region's start to the entry; its payload begins 16 bytes further on. */
  get offset(): number {
    return this.#at.position;
  }

  /**
   * Its payload on the medium itself, as a view made by each call.
   *
   * @throws VARVE_REGION_FREED, VARVE_CLOSED
   */
  get data(): Uint8Array {
    this.#at.assertGood();
    const { buffer, view } = this.#at.window;
    return new Uint8Array(buffer, view.byteOffset + this.viewOffset, this.#at.size);
  }

  /** A view of the memory that the payload lies in, the same for many entries: it allocates nothing. */
  get view(): DataView {
    return this.#at.window.view;
  }

  /** Where in `view` the payload begins. */
  get viewOffset(): number {
    return this.#at.word * 4 + ENTRY.header;
  }

  /** The entry as an object that stays. */
  get entry(): Entry {
    this.#at.assertGood();
    return this.#region.entryAt(this.#at);
  }
}
