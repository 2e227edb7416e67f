import type { Writable } from 'node:stream';

const CHUNK_BYTES = 64 * 1024;

/**
 * Standard output with a buffer in front. Entries may be far more than fit into memory, so whoever writes many of them
 * awaits `drained()` whenever `full` is true: a slow reader then holds us back.
 */
export class Output {
  readonly #stream: Writable;
  readonly #broken = new AbortController();
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #used = 0;
  #sending: Promise<void> = Promise.resolve();
  #bytesInFlight = 0;
  #flushScheduled = false;

  /** @param stream where the bytes go */
  constructor(stream: Writable = process.stdout) {
    this.#stream = stream;
    stream.on('error', (error) => this.#broken.abort(error));
  }

  /** Fires when nobody reads any more, with the error as its reason. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** True when `drained()` is to be awaited before writing more. */
  get full(): boolean {
    return this.#bytesInFlight > 0;
  }

  /** Takes bytes. They are copied, unless they are many: those must stay as they are until `drained()`. */
  write(bytes: Uint8Array): void {
    if (this.#used + bytes.byteLength > CHUNK_BYTES) this.#sendChunk();
    if (bytes.byteLength > CHUNK_BYTES) {
      this.#send(bytes);
      return;
    }
    this.#chunk.set(bytes, this.#used);
    this.#used += bytes.byteLength;
  }

  /** Takes a line of text, without its end. */
  line(text: string): void {
    this.write(Buffer.from(`${text}\n`));
  }

  /** Sends what has gathered once the current burst of writes is over, so that a waiting reader sees it. */
  flushSoon(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#sendChunk();
    });
  }

  /** Resolves once everything handed over so far is written. Throws what the stream threw, `EPIPE` if nobody reads. */
  async drained(): Promise<void> {
    await this.#sending;
    this.#broken.signal.throwIfAborted();
  }

  /** Writes all that has gathered, and waits for it. */
  async flush(): Promise<void> {
    this.#sendChunk();
    await this.drained();
  }

  #sendChunk(): void {
    if (this.#used === 0) return;
    this.#send(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#used = 0;
  }

  #send(bytes: Uint8Array): void {
    this.#bytesInFlight += bytes.byteLength;
    this.#sending = new Promise((resolve) => {
      this.#stream.write(bytes, (error) => {
        if (error) this.#broken.abort(error);
        this.#bytesInFlight -= bytes.byteLength;
        resolve();
      });
    });
  }
}

/**
 * Writes lines of text to standard output and waits until they are written; if making the lines fails, those before it are.
 *
 * @throws what the lines throw; `EPIPE` if nobody reads
 */
export async function print(lines: Iterable<string>): Promise<void> {
  const output = new Output();
  try {
    for (const text of lines) {
      output.line(text);
      if (output.full) await output.drained();
    }
  } finally {
    await output.flush();
  }
}
