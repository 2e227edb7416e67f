import { rangeError, typeError, VarveError } from '../base/errors.js';
import { type Steps, take, takeSync } from '../core/steps.js';
import { bytesOf, type Data } from '../stream/data.js';
import { signalOption } from '../stream/options.js';
import type { Chain, Place } from './chain.js';
import { drainsOf } from './chain.js';
import type { Segment } from './segment.js';

/** Blocks that are verified between two pauses. */
const BLOCKS_A_PAUSE = 256;

/** A run of synced bytes: as many as lie in one block. */
export interface Chunk {
  /** Where it begins. */
  readonly position: number;
  /** Where the next one does: reading resumes there. */
  readonly end: number;
  /** The bytes, without a copy. They are not to be stored to. */
  readonly data: Uint8Array;
}

/** Positions from `from` up to, and without, `to`. */
export interface DataRange {
  readonly from: number;
  readonly to: number;
}

/** How a stream is followed. */
export interface TailOptions {
  /** The position to begin at. Left out: the first one. */
  readonly from?: number;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** What block streams and endless streams have in common: bytes one behind the other, at positions that stay theirs. */
export abstract class ByteStream {
  /** @internal */
  protected readonly chain: Chain;

  /** @internal */
  constructor(chain: Chain) {
    this.chain = chain;
  }

  /** Position of the first byte. */
  get offset(): number {
    return this.chain.first;
  }

  /** Position behind the last byte: the next append goes there. */
  get end(): number {
    return this.chain.end;
  }

  /** Position behind the last byte that was synced: readers see nothing beyond. */
  get synced(): number {
    return this.chain.synced;
  }

  /** Bytes in the stream, synced or not. */
  get length(): number {
    return this.end - this.offset;
  }

  /** Bytes of data that its blocks could hold if they were filled to the last. */
  get capacity(): number {
    let capacity = 0;
    for (const { blocks, payload } of this.chain.segments) capacity += (blocks.blockCount - 2) * payload;
    return capacity;
  }

  /** Bytes that can be appended before it is full, or has to grow. Each sync ends a block. */
  get available(): number {
    return this.chain.room;
  }

  get closed(): boolean {
    return this.chain.closed;
  }

  /**
   * Appends buffers one behind the other: all of them or, after a crash, none. They are copied, and durable once a later sync is.
   *
   * @param parts any bytes, or text, stored as UTF-8
   * @returns the position of the first byte
   * @throws VARVE_FULL if they do not fit, and nothing has changed; VARVE_CLOSED, VARVE_POISONED, TypeError
   */
  append(...parts: Data[]): number {
    return this.chain.append(parts.map(bytesOf));
  }

  /**
   * Makes everything durable that was appended before, all of it or, after a crash, nothing; then readers see it.
   *
   * @throws VARVE_POISONED and what the blocks throw: after a sync that failed there is none any more; VARVE_CLOSED
   */
  sync(): Promise<void> {
    return this.chain.run(this.chain.sync());
  }

  /** As `sync`, blocking. */
  syncSync(): void {
    this.chain.runSync(this.chain.sync());
  }

  /**
   * Reads everything synced anew, and holds it to its checksums.
   *
   * @throws VARVE_CORRUPT with the file and the offset in it of the first block that is damaged; VARVE_IO, VARVE_CLOSED
   */
  verify(): Promise<void> {
    return take(this.#verifying(), drainsOf([]));
  }

  /** As `verify`, blocking. */
  verifySync(): void {
    takeSync(this.#verifying(), drainsOf([]));
  }

  /**
   * The bytes in [from, to), copied.
   *
   * @throws RangeError if these are not synced, VARVE_TRIMMED if they were dropped, VARVE_CORRUPT, VARVE_IO, VARVE_CLOSED
   */
  read(from: number, to: number): Uint8Array {
    this.#assertPosition(from);
    if (typeof to !== 'number') throw typeError(`Cannot read up to ${String(to)}: it must be a number`);
    if (!Number.isSafeInteger(to) || to < from || to > this.synced)
      throw rangeError(`Cannot read from ${from} up to ${to}: it must lie from there to ${this.synced}`);
    const bytes = new Uint8Array(to - from);
    for (let at = from, place: Place | undefined; at < to; ) {
      place = this.chain.blockAt(at, place);
      const data = place.block.data.subarray(at - place.block.position, to - place.block.position);
      bytes.set(data, at - from);
      at += data.length;
    }
    return bytes;
  }

  /**
   * Hands out what is synced, chunk by chunk, up to what is the end when it gets there.
   *
   * @param from position to begin at, the first one if left out
   * @throws at a step: RangeError, VARVE_TRIMMED if it was dropped, VARVE_CORRUPT, VARVE_IO, VARVE_CLOSED
   */
  *chunks(from: number = this.offset): Generator<Chunk, void, void> {
    let position = from;
    let place: Place | undefined;
    this.#assertPosition(position);
    while (position < this.synced) {
      place = this.chain.blockAt(position, place);
      const { block } = place;
      yield { position, end: block.end, data: block.data.subarray(position - block.position) };
      position = block.end;
      this.#assertPosition(position);
    }
  }

  [Symbol.iterator](): Generator<Chunk, void, void> {
    return this.chunks();
  }

  /**
   * As `chunks`, and then waits for what is synced later, for ever.
   *
   * @throws at a step, as `chunks`; VARVE_POISONED once no more can come
   */
  async *tail(options: TailOptions = {}): AsyncGenerator<Chunk, void, void> {
    const signal = signalOption(options.signal);
    let position = options.from ?? this.offset;
    const goesOn = () => signal?.aborted !== true;
    while (goesOn()) {
      for (const chunk of this.chunks(position)) {
        yield chunk;
        position = chunk.end;
        if (!goesOn()) return;
      }
      this.chain.assertSound();
      if (position === this.synced) await this.chain.news(signal);
    }
  }

  /**
   * The range of what was made durable by one sync, by that which brought the byte at a position. Each append lies in one such range as a whole.
   *
   * @throws as `read`
   */
  dataRangeFor(position: number): DataRange {
    this.#assertPosition(position);
    if (position >= this.synced)
      throw rangeError(
        `Cannot find the range of position ${position}: what is synced ends at ${this.synced}`,
      );
    const { segment, block } = this.chain.blockAt(position);
    const range = {
      from: Math.max(block.group, this.offset),
      to: this.chain.endOfGroup(segment, block.group),
    };
    if (position < range.from || position >= range.to) throw segment.damage(block.number);
    return range;
  }

  /**
   * Searches by halves, in a stream that is sorted in some way.
   *
   * @param compare is told the range of a sync: below 0 if what is sought lies behind it, above 0 if before it, 0 if it is there
   * @returns the range for which `compare` said 0, or undefined
   * @throws as `read`
   * @example
   * const range = stream.search(({ from }) => keyIn(stream.read(from, from + 8)) - key);
   */
  search(compare: (range: DataRange) => number): DataRange | undefined {
    if (typeof compare !== 'function')
      throw typeError(`Cannot search with ${typeof compare}: it must be a function`);
    let low = this.offset;
    let high = this.synced;
    while (low < high) {
      const range = this.dataRangeFor(Math.floor((low + high) / 2));
      const order = compare(range);
      if (order === 0) return range;
      if (order < 0) low = range.to;
      else high = range.from;
    }
    return undefined;
  }

  /**
   * Syncs, and lets go of the blocks. A second close does nothing.
   *
   * @throws what `sync` throws: the blocks are let go of even so, and what was appended since the last sync may be lost
   */
  async close(): Promise<void> {
    if (this.closed) return;
    try {
      await this.chain.run(this.#ending());
    } finally {
      this.letGo();
    }
  }

  /** As `close`, blocking. */
  closeSync(): void {
    if (this.closed) return;
    try {
      this.chain.runSync(this.#ending());
    } finally {
      this.letGo();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  /** @internal Lets go of everything, without a sync. */
  protected letGo(): void {
    this.chain.close();
  }

  /** Somebody else may have closed it meanwhile. */
  *#ending(): Steps<void> {
    if (!this.closed) yield* this.chain.finish();
  }

  *#verifying(): Steps<void> {
    this.chain.assertOpen();
    let position: number | undefined;
    for (const segment of [...this.chain.segments])
      position = yield* this.#verifySegment(segment, segment.durable, position);
  }

  *#verifySegment(segment: Segment, end: number, position: number | undefined): Steps<number | undefined> {
    if (segment.blocks.retains === false) return undefined;
    const scratch = segment.newBlock();
    for (let number = 0; number < end; number++) {
      if (number % BLOCKS_A_PAUSE === 0) {
        yield 'pause';
        this.chain.assertOpen();
        // Given back meanwhile.
        if (!this.chain.segments.includes(segment)) return undefined;
      }
      const block = segment.mustRead(number, scratch);
      if (number === 0) continue;
      if (position !== undefined && block.position !== position) throw segment.damage(number);
      position = block.end;
    }
    return position;
  }

  #assertPosition(position: number): void {
    this.chain.assertOpen();
    if (typeof position !== 'number')
      throw typeError(`Cannot read at position ${String(position)}: it must be a number`);
    if (!Number.isSafeInteger(position) || position < 0 || position > this.end)
      throw rangeError(
        `Cannot read at position ${position}: the stream reaches from ${this.offset} to ${this.end}`,
      );
    if (position < this.offset) {
      const message = `Cannot read at position ${position} as what lies before ${this.offset} was dropped: go on from there`;
      throw new VarveError('VARVE_TRIMMED', message, { gap: { from: position, to: this.offset - 1 } });
    }
  }
}
