import { VarveError } from '../base/errors.js';
import { ByteQueue } from './byte-queue.js';

/**
 * How entries follow one another in a stream of bytes. `line`: each ends with a newline, which is not part of it. `raw`: without any
 * mark; read as one single entry. `length`: each behind its length, four bytes, little-endian.
 */
export type Framing = 'line' | 'raw' | 'length';

/** Splits what comes in into entries. */
export interface Splitter {
  /** Takes the next bytes, and hands over the entries that they complete. They must not change afterwards. */
  push(bytes: Buffer): void;
  /** Says that nothing follows. Throws `VARVE_CORRUPT` where an entry is cut short. */
  end(): void;
}

/** What becomes of the entries, and how large one may be: what is larger is refused before it is gathered in memory. */
export interface Sink {
  take: (entry: Uint8Array) => void;
  largest: () => number;
}

const LENGTH_BYTES = 4;

/** The splitter for a framing. */
export function splitterFor(framing: Framing, sink: Sink): Splitter {
  if (framing === 'line') return lineSplitter(sink);
  return framing === 'raw' ? wholeSplitter(sink) : lengthSplitter(sink);
}

function lineSplitter({ take, largest }: Sink): Splitter {
  const queue = new ByteQueue();
  return {
    push(bytes) {
      queue.push(bytes);
      for (let line = queue.line(); line !== undefined; line = queue.line()) take(line);
      if (queue.pending > largest()) throw tooLarge(queue.pending, largest());
    },
    end() {
      if (queue.pending > 0) take(queue.remainder());
    },
  };
}

function wholeSplitter({ take, largest }: Sink): Splitter {
  const pieces: Buffer[] = [];
  let size = 0;
  return {
    push(bytes) {
      size += bytes.byteLength;
      if (size > largest()) throw tooLarge(size, largest());
      pieces.push(bytes);
    },
    end: () => take(Buffer.concat(pieces, size)),
  };
}

function lengthSplitter({ take, largest }: Sink): Splitter {
  const queue = new ByteQueue();
  /** Bytes of the entry that is coming; undefined while its own four bytes are. */
  let length: number | undefined;
  const next = () => queue.take(length ?? LENGTH_BYTES);
  return {
    push(bytes) {
      queue.push(bytes);
      for (let taken = next(); taken !== undefined; taken = next()) {
        if (length === undefined) {
          length = taken.readUInt32LE();
          if (length > largest()) throw tooLarge(length, largest());
        } else {
          length = undefined;
          take(taken);
        }
      }
    },
    end() {
      if (length === undefined && queue.pending === 0) return;
      throw new VarveError('VARVE_CORRUPT', 'Cannot read the last entry: the input ends inside it');
    },
  };
}

function tooLarge(size: number, largest: number): VarveError {
  return new VarveError(
    'VARVE_FULL',
    `Cannot append an entry of at least ${size} bytes: the region has room for one of ${Math.max(largest, 0)}`,
  );
}
