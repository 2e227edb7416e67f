import { strideAt, timestampAt } from '../format/entry.js';
import { firstNotBefore } from '../format/seek.js';
import { Window } from '../media/window.js';
import { type Chapter, SPACING } from './chapter.js';
import type { Place } from './find.js';
import type { RegionLog } from './region-log.js';

/** So many are kept for a stream. */
const PIECES = 32;
/** Bytes of one at most: all headers between two waypoints, and the payload of the last one unless it is large. */
const PIECE = SPACING + 1024;

/** Bytes that entries are copied to, one behind the other: memory of its own for each takes longer than to read it. */
const SLAB = 16 * 1024;

/** What stands from a waypoint on. Its memory is used again, so that nobody else may keep it. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  /** Undefined if it holds nothing. */
  chapter: Chapter | undefined;
  start: number;
  end: number;
}

/**
 * Single entries of media whose windows are copies. What lies between two waypoints is read by itself, and kept: for one entry a window would be far too
 * much to fetch and to verify. All of it was verified once, when the waypoints were noted. So only the checksum of the entry itself is looked at anew.
 */
export class Pieces {
  readonly #pieces: (Piece | undefined)[] = new Array(PIECES).fill(undefined);
  #slab = new ArrayBuffer(0);
  #used = 0;

  /** The entry with this timestamp; undefined also where it is not certain: whoever goes on from the waypoint finds out. */
  find(region: RegionLog, timestamp: number): Place | undefined {
    const chapter = region.index.upTo(timestamp);
    const waypoint = chapter.waypoint(timestamp);
    const piece = waypoint === -1 ? undefined : this.#at(region, chapter, waypoint);
    if (piece === undefined) return undefined;
    const { words, start, end } = piece;
    const last = (end - start) >>> 2;
    const word = firstNotBefore(words, 0, last, timestamp);
    if (word >= last || timestampAt(words, word) !== timestamp) return undefined;
    const position = start + 4 * word;
    const next = position + strideAt(words, word);
    if (next > chapter.endBehind(waypoint)) return undefined;
    const window = next <= end ? this.#copied(piece, position, next) : glimpsed(region, position, next);
    if (window === undefined || !isEntry(region, window, timestamp)) return undefined;
    return { window, position, size: words[word] as number };
  }

  #at(region: RegionLog, chapter: Chapter, waypoint: number): Piece | undefined {
    const start = chapter.position(waypoint);
    const end = Math.min(chapter.endBehind(waypoint), start + PIECE);
    const piece = this.#pieceFor(Math.floor(start / SPACING) + region.slot.record.id);
    if (piece.chapter === chapter && piece.start === start && piece.end === end) return piece;
    // Where reading fails half-way, what it held is gone.
    piece.chapter = undefined;
    if (region.extent.glimpse?.(start, end - start, piece.bytes) !== true) return undefined;
    piece.chapter = chapter;
    piece.start = start;
    piece.end = end;
    return piece;
  }

  #pieceFor(number: number): Piece {
    const place = number % PIECES;
    const known = this.#pieces[place];
    if (known !== undefined) return known;
    const bytes = new Uint8Array(PIECE);
    const piece = { bytes, words: new Uint32Array(bytes.buffer), chapter: undefined, start: 0, end: 0 };
    this.#pieces[place] = piece;
    return piece;
  }

  /** A window that holds [from, to) of a piece. */
  #copied({ words, start }: Piece, from: number, to: number): Window {
    const length = to - from;
    if (this.#used + length > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB);
      this.#used = 0;
    }
    const window = new Window(new Uint8Array(this.#slab, this.#used, length), from);
    this.#used += length;
    const first = (from - start) >>> 2;
    for (let word = 0; word < length >>> 2; word++) window.words[word] = words[first + word] as number;
    return window;
  }
}

/** A window that holds [from, to) as it is now; undefined where the usual way is shorter. */
function glimpsed({ extent }: RegionLog, from: number, to: number): Window | undefined {
  const bytes = new Uint8Array(to - from);
  return extent.glimpse?.(from, to - from, bytes) === true ? new Window(bytes, from) : undefined;
}

function isEntry({ host, seed }: RegionLog, window: Window, timestamp: number): boolean {
  const { start, end } = window;
  return host.kernel.walk(window, start, end, seed, timestamp - 1, timestamp + 1).end === end;
}
