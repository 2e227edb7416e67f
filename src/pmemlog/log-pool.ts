import { rangeError, typeError, VarveError } from '../base/errors.js';
import { store } from '../core/storage.js';
import { getU64 } from '../format/words.js';
import type { Extent, Medium } from '../media/medium.js';
import { bytesOf, type Data, partsOf, sizeOf } from '../stream/data.js';
import { LOG } from './layout.js';
import { PoolData } from './pool-data.js';

/** Goes on with 1 or true, ends with 0 or false, or nothing. */
export type WalkCallback = (chunk: Uint8Array) => unknown;

/**
 * A log as libpmemlog keeps it: bytes one behind the other, without any frames. Each append is durable when it returns, and after a crash there as a
 * whole or not at all.
 *
 * @example
 * using pool = open('app.pool');
 * pool.append('a line\n');
 * pool.walk((bytes) => process.stdout.write(bytes));
 */
export class LogPool {
  readonly #medium: Medium;
  readonly #header: Extent;
  readonly #data: PoolData;
  #size: number;
  #closed = false;

  /** @internal */
  constructor(medium: Medium, header: Extent) {
    const { words } = header.read(0, LOG.data, LOG.data);
    const start = getU64(words, LOG.start / 4);
    this.#medium = medium;
    this.#header = header;
    this.#data = new PoolData(medium, start, getU64(words, LOG.end / 4) - start);
    this.#size = getU64(words, LOG.write / 4) - start;
  }

  /**
   * Appends bytes.
   *
   * @param data any bytes, or text, stored as UTF-8
   * @throws VARVE_FULL if they do not fit, and nothing has changed; VARVE_CLOSED, VARVE_POISONED, VARVE_IO, TypeError
   */
  append(data: Data): void {
    this.#append([bytesOf(data)]);
  }

  /** Appends parts one behind the other, all of them or, after a crash, none. Throws as `append`. */
  appendv(parts: readonly Data[]): void {
    this.#append(partsOf(parts));
  }

  /** The bytes that the pool's log takes in all. */
  nbyte(): number {
    this.#assertOpen();
    return this.#data.length;
  }

  /** The same, as Python's `len` had it. */
  get length(): number {
    return this.nbyte();
  }

  /** The bytes that the log holds: where the next append goes. */
  tell(): number {
    this.#assertOpen();
    return this.#size;
  }

  /** Empties the log, durably. */
  rewind(): void {
    this.#assertOpen();
    this.#moveTo(0);
    this.#data.rewind();
  }

  /**
   * Hands out the bytes that the log holds now, also if the callback appends or rewinds. Chunks are views of the medium: they are good until the
   * log is rewound and appended to, or closed.
   *
   * @param chunkSize bytes of each chunk but the last one; 0: everything at once, also if there is nothing
   */
  walk(callback: WalkCallback, chunkSize = 0): void {
    this.#assertOpen();
    if (typeof callback !== 'function')
      throw typeError(`Cannot walk with ${typeof callback}: it must be a function`);
    if (!Number.isSafeInteger(chunkSize) || chunkSize < 0) {
      throw rangeError(`Cannot walk in chunks of ${chunkSize} bytes: it must be a whole number from 0 on`);
    }
    const end = this.#size;
    const step = chunkSize === 0 ? Math.max(end, 1) : chunkSize;
    for (let from = 0; from < end || (from === 0 && chunkSize === 0); from += step) {
      this.#assertOpen();
      const goesOn = callback(this.#data.view(from, Math.min(from + step, end)));
      if (goesOn !== 1 && goesOn !== true) return;
    }
  }

  /** Lets go of the file. A second close does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#medium.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #append(parts: readonly Uint8Array[]): void {
    this.#assertOpen();
    const size = sizeOf(parts);
    const left = this.#data.length - this.#size;
    if (size > left) {
      throw this.#error(
        'VARVE_FULL',
        `Cannot append ${size} bytes as ${left} are left: rewind it, or make a larger pool`,
      );
    }
    if (size === 0) return;
    let position = this.#size;
    for (const part of parts) {
      this.#data.store(position, part);
      position += part.length;
    }
    // Before the write offset says so, everything that it speaks of is durable.
    this.#drain();
    this.#moveTo(position);
  }

  #moveTo(size: number): void {
    const before = this.#size;
    this.#storeWriteOffset(size);
    try {
      this.#drain();
    } catch (error) {
      // It may be durable or not; what is said here is what is certain.
      this.#storeWriteOffset(before);
      throw error;
    }
    this.#size = size;
  }

  /** One aligned store of 8 bytes. */
  #storeWriteOffset(size: number): void {
    const { bytes } = this.#header.write(LOG.write, 8);
    const word = new BigUint64Array(bytes.buffer, bytes.byteOffset + LOG.write, 1);
    word[0] = BigInt(LOG.data + size);
    this.#header.flush(LOG.write, LOG.write + 8);
  }

  #drain(): void {
    try {
      this.#medium.drainSync();
    } catch (cause) {
      if (this.#medium.failed === undefined) throw cause;
      throw this.#error(
        'VARVE_POISONED',
        'The medium failed to make this pool durable: close it and open it again',
        cause,
      );
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw this.#error('VARVE_CLOSED', 'The pool was closed: open it again');
    if (this.#medium.failed !== undefined) this.#drain();
  }

  #error(
    code: 'VARVE_FULL' | 'VARVE_POISONED' | 'VARVE_CLOSED',
    message: string,
    cause?: unknown,
  ): VarveError {
    const { path } = this.#medium;
    return new VarveError(code, message, {
      ...(path === undefined ? {} : { path }),
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/** Stores header and offsets of a new pool of so many bytes, and makes them durable. */
export function writeNewPool(medium: Medium, extent: Extent, header: Uint8Array, end: number): void {
  const offsets = new Uint8Array(24);
  const view = new DataView(offsets.buffer);
  for (const [i, offset] of [LOG.data, end, LOG.data].entries())
    view.setBigUint64(8 * i, BigInt(offset), true);
  store(extent, LOG.start, offsets);
  medium.drainSync();
  // The header comes last: before it nobody takes this for a pool.
  store(extent, 0, header);
  medium.drainSync();
}
