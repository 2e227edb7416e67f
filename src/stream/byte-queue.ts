const NEWLINE = 10;
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Bytes that come in pieces and are taken out by lines or by numbers. A taker that gets `undefined` repeats the same request
 * after the next `push`. What lies within one piece is handed out as a view of it, without a copy.
 */
export class ByteQueue {
  /** Pieces that hold the beginning of what is asked for, and not its end. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #rest: Buffer = NOTHING;

  /** Bytes of the beginning of what was asked for last, if its end has not come yet. */
  get pending(): number {
    return this.#gatheredBytes;
  }

  /** Adds a piece, which must not change any more. Everything that could be taken has been taken before. */
  push(piece: Buffer): void {
    this.#rest = piece;
  }

  /** The next line, without its newline. */
  line(): Buffer | undefined {
    const at = this.#rest.indexOf(NEWLINE);
    return at === -1 ? this.#gather() : this.#cut(at, at + 1);
  }

  /** The next `count` bytes. */
  take(count: number): Buffer | undefined {
    const missing = count - this.#gatheredBytes;
    return this.#rest.byteLength < missing ? this.#gather() : this.#cut(missing, missing);
  }

  /** All that is pending: the last line, if it had no newline. */
  remainder(): Buffer {
    return this.#cut(0, 0);
  }

  #gather(): undefined {
    if (this.#rest.byteLength > 0) this.#gathered.push(this.#rest);
    this.#gatheredBytes += this.#rest.byteLength;
    this.#rest = NOTHING;
  }

  #cut(end: number, next: number): Buffer {
    const last = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(next);
    if (this.#gatheredBytes === 0) return last;
    const whole = Buffer.concat([...this.#gathered, last], this.#gatheredBytes + end);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return whole;
  }
}
