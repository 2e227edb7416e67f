import type { OpenedFile } from './opened-file.js';
import type { Window } from './window.js';

/** As much is written out at once, and on its way to the device before the drain: memory stays bounded, and the sync has less to wait for. */
const QUEUED_BYTES_MAX = 1024 * 1024;
/** Less in one piece is not worth a call. */
const BEGUN_BYTES_MIN = 64 * 1024;

/** Who has bytes in the queue. */
export interface QueueOwner {
  /** Where its position 0 is on the medium. */
  readonly offset: number;
  /** Told when everything of its own before `position` is written. */
  wrote(position: number): void;
}

interface Piece {
  readonly owner: QueueOwner;
  readonly window: Window;
  readonly from: number;
  to: number;
}

/** What was flushed and is not written yet, in order. Bytes are taken from the windows when they are written. */
export class WriteQueue {
  readonly #file: OpenedFile;
  #pieces: Piece[] = [];
  #last: Piece | undefined;
  #bytes = 0;

  constructor(file: OpenedFile) {
    this.#file = file;
  }

  /** Takes the positions [from, to) of `owner` in, which `window` holds. */
  add(owner: QueueOwner, window: Window, from: number, to: number): void {
    const last = this.#last;
    if (last !== undefined && last.window === window && last.to === from) {
      last.to = to;
    } else {
      this.#last = { owner, window, from, to };
      this.#pieces.push(this.#last);
    }
    this.#bytes += to - from;
  }

  /** Writes everything out if there is much of it. An error is left to the next drain, which tries again and is awaited. */
  relieve(): void {
    if (this.#bytes < QUEUED_BYTES_MAX) return;
    const pieces = this.#pieces;
    try {
      this.writeOut();
      for (const piece of pieces) this.#begin(piece);
    } catch {
      // Nothing is lost: what was not written is still queued.
    }
  }

  #begin({ owner, from, to }: Piece): void {
    if (to - from >= BEGUN_BYTES_MIN) this.#file.begin(owner.offset + from, to - from);
  }

  /** Writes everything out, not durably. After an error the rest stays queued. */
  writeOut(): void {
    let done = 0;
    try {
      for (const { owner, window, from, to } of this.#pieces) {
        this.#file.write(window.bytes.subarray(from - window.start, to - window.start), owner.offset + from);
        owner.wrote(to);
        done++;
      }
    } finally {
      this.#keep(this.#pieces.slice(done));
    }
  }

  /** Forgets what `owner` has queued from `position` on. */
  drop(owner: QueueOwner, position: number): void {
    const kept = this.#pieces.filter((piece) => piece.owner !== owner || piece.from < position);
    for (const piece of kept) if (piece.owner === owner) piece.to = Math.min(piece.to, position);
    this.#keep(kept);
  }

  #keep(pieces: Piece[]): void {
    this.#pieces = pieces;
    this.#last = pieces.at(-1);
    this.#bytes = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  }
}
