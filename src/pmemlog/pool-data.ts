import type { Extent, Medium } from '../media/medium.js';

/** Bytes of a pool that are held as one extent: a pool may be longer than what can be in one view. */
const PIECE = 2 ** 30;

/** The bytes of a pool's log, without any frames. Positions count from the log's first byte. */
export class PoolData {
  readonly length: number;
  readonly #medium: Medium;
  readonly #start: number;
  readonly #extents: (Extent | undefined)[] = [];

  /** @param start where on the medium the log begins: a multiple of 8 */
  constructor(medium: Medium, start: number, length: number) {
    this.#medium = medium;
    this.#start = start;
    this.length = length;
  }

  /** Stores bytes and gives them to the next drain. What was stored at or behind `position` before is not needed any more. */
  store(position: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = position + done;
      const count = Math.min(bytes.length - done, PIECE - (at % PIECE));
      storeIn(this.#extent(at), at % PIECE, bytes.subarray(done, done + count));
      done += count;
    }
  }

  /** The bytes in [from, to): those on the medium themselves, unless they are more than one view can show. */
  view(from: number, to: number): Uint8Array {
    if (from === to) return new Uint8Array(0);
    if (Math.floor(from / PIECE) === Math.floor((to - 1) / PIECE)) return this.#viewInPiece(from, to);
    const joined = new Uint8Array(to - from);
    for (let at = from; at < to; ) {
      const end = Math.min(to, at - (at % PIECE) + PIECE);
      joined.set(this.#viewInPiece(at, end), at - from);
      at = end;
    }
    return joined;
  }

  /** Forgets what is held in memory, as the log begins anew. */
  rewind(): void {
    for (const extent of this.#extents) extent?.rewind();
  }

  #viewInPiece(from: number, to: number): Uint8Array {
    const extent = this.#extent(from);
    const at = from % PIECE;
    const { bytes, start } = extent.read(at - (at % 8), to - from + (at % 8), at + to - from);
    return bytes.subarray(at - start, at - start + to - from);
  }

  #extent(position: number): Extent {
    const piece = Math.floor(position / PIECE);
    const length = Math.min(PIECE, this.length - piece * PIECE);
    this.#extents[piece] ??= this.#medium.open(this.#start + piece * PIECE, length, 'append');
    return this.#extents[piece];
  }
}

/** Windows begin at multiples of 8: what stands before `position` in its word is stored once more. */
function storeIn(extent: Extent, position: number, bytes: Uint8Array): void {
  const ahead = position % 8;
  const from = position - ahead;
  const before = ahead === 0 ? undefined : extent.read(from, ahead, position);
  const kept = before?.bytes.slice(from - before.start, position - before.start);
  const { bytes: there, start } = extent.write(from, ahead + bytes.length);
  if (kept !== undefined) there.set(kept, from - start);
  there.set(bytes, position - start);
  extent.flush(from, position + bytes.length);
}
