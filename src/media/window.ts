import type { Verified } from './verified.js';

/** Where what stood in a window is read once its memory is used for something else. */
interface Reader {
  read(position: number, length: number, limit: number): Window;
}

/**
 * A run of bytes of an extent, in memory: the only thing through which the core reads and stores.
 *
 * All media share this one class, so that the code that touches every entry stays monomorphic.
 */
export class Window {
  /** The bytes from position `start` to `end` of the extent. */
  readonly bytes: Uint8Array;
  /** The memory that `bytes` is a view of: asking the view for it each time is slow. */
  readonly buffer: ArrayBufferLike;
  /** The same memory as `bytes`, for reading single values out of payloads. */
  readonly view: DataView;
  /** The same memory as 32-bit words; `start` is a multiple of 8, so every header is aligned. */
  readonly words: Uint32Array;
  /** Position of the first byte within the extent. */
  readonly start: number;
  /** Position behind the last byte. */
  readonly end: number;
  /** The addon's number of the mapping that `bytes` covers from its start to its end; 0 for memory that the addon did not map. */
  readonly mapping: number;
  /** True if the mapping's cache lines are flushed one by one: checksumming and flushing are then one pass. */
  readonly flushesLines: boolean;
  /** Which of its entries are known to be good. It belongs to the readers of the window, and of others that show the same memory. */
  verified: Verified | undefined = undefined;
  /** True if it ends where an entry ends: behind that another window takes over. */
  endsWhole = false;
  /** True once somebody may look at the memory for as long as he likes: it is not used for anything else. */
  lent = false;
  /** Set once it is. */
  elsewhere: Reader | undefined = undefined;

  constructor(bytes: Uint8Array, start: number, mapping = 0, flushesLines = false) {
    this.bytes = bytes;
    this.buffer = bytes.buffer;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
    this.start = start;
    this.end = start + bytes.byteLength;
    this.mapping = mapping;
    this.flushesLines = flushesLines;
  }

  /** A window that shows [position, position + length), which was stored in this one, to somebody who keeps a view of it. */
  lend(position: number, length: number): Window {
    this.lent = true;
    const { elsewhere } = this;
    if (elsewhere === undefined) return this;
    const from = position - (position % 8);
    const end = position + length;
    return elsewhere.read(from, end - from, end);
  }
}
