import type { OpenedFile } from './opened-file.js';

/** More than this is written out at once, so that memory stays bounded between two drains. */
const QUEUED_BYTES_MAX = 8 * 1024 * 1024;

/** Who has bytes in the queue. */
export interface QueueOwner {
  /** Told when everything of its own before `position` is written. */
  wrote(position: number): void;
}

interface Piece {
  readonly owner: QueueOwner;
  readonly bytes: Uint8Array;
  /** Offset on the medium. */
  readonly offset: number;
  /** Position in the owner. */
  readonly position: number;
}

/** What was flushed and is not written yet, in order. Bytes are taken from the windows when they are written. */
export class WriteQueue {
  readonly #file: OpenedFile;
  #pieces: Piece[] = [];
  #bytes = 0;

  constructor(file: OpenedFile) {
    this.#file = file;
  }

  add(owner: QueueOwner, bytes: Uint8Array, offset: number, position: number): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && follows(last, bytes, offset)) {
      const joined = new Uint8Array(bytes.buffer, last.bytes.byteOffset, last.bytes.length + bytes.length);
      this.#pieces[this.#pieces.length - 1] = {
        owner,
        bytes: joined,
        offset: last.offset,
        position: last.position,
      };
    } else {
      this.#pieces.push({ owner, bytes, offset, position });
    }
    this.#bytes += bytes.length;
  }

  /** Writes everything out if there is much of it. An error is left to the next drain, which tries again and is awaited. */
  relieve(): void {
    if (this.#bytes <= QUEUED_BYTES_MAX) return;
    try {
      this.writeOut();
    } catch {
      // Nothing is lost: what was not written is still queued.
    }
  }

  /** Writes everything out, not durably. After an error the rest stays queued. */
  writeOut(): void {
    let done = 0;
    try {
      for (const { owner, bytes, offset, position } of this.#pieces) {
        this.#file.write(bytes, offset);
        owner.wrote(position + bytes.length);
        this.#bytes -= bytes.length;
        done++;
      }
    } finally {
      this.#pieces.splice(0, done);
    }
  }

  /** Forgets what `owner` has queued from `position` on. */
  drop(owner: QueueOwner, position: number): void {
    this.#pieces = this.#pieces.flatMap((piece) => {
      if (piece.owner !== owner || piece.position + piece.bytes.length <= position) return [piece];
      if (piece.position >= position) return [];
      return [{ ...piece, bytes: piece.bytes.subarray(0, position - piece.position) }];
    });
    this.#bytes = this.#pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
  }
}

function follows(last: Piece, bytes: Uint8Array, offset: number): boolean {
  return last.bytes.buffer === bytes.buffer && last.offset + last.bytes.length === offset;
}
