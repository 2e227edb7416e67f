import { Readable, Writable } from 'node:stream';
import { typeError } from '../base/errors.js';
import { ChunkSink, type EntrySink } from './chunk-sink.js';
import { type ChunkResult, type Chunks, chunksOf, type EntrySource } from './chunks.js';
import { type Form, formOf, type ReadableOptions, type WritableOptions } from './stream-options.js';

/** A stream of node:stream out of a region or log. */
export function nodeReadable(source: EntrySource, options: ReadableOptions | undefined): Readable {
  const form = formOf(options);
  return new EntryReadable(chunksOf(source, options, form), form);
}

/** A stream of node:stream into a region or log. */
export function nodeWritable(target: EntrySink, options: WritableOptions | undefined): Writable {
  const form = formOf(options);
  return new EntryWritable(new ChunkSink(target, options, form), form);
}

type Done = (error?: Error | null) => void;

class EntryReadable extends Readable {
  readonly #chunks: Chunks;

  constructor(chunks: Chunks, { objectMode, mark, signal }: Form) {
    super({ objectMode, ...mark, ...(signal && { signal }) });
    this.#chunks = chunks;
  }

  override _read(): void {
    try {
      let more = true;
      while (more) {
        const result = this.#chunks.next();
        if (result instanceof Promise) {
          this.#handLate(result);
          return;
        }
        more = this.#hand(result);
      }
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  override _destroy(error: Error | null, callback: Done): void {
    this.#chunks.stop();
    callback(error);
  }

  /** The stream asks again by itself once it has got something. */
  #handLate(result: Promise<ChunkResult>): void {
    result.then((late) => this.#hand(late)).catch((error) => this.destroy(error));
  }

  /** Returns whether the stream wants more. */
  #hand({ done, value }: ChunkResult): boolean {
    if (this.destroyed) return false;
    if (done) this.push(null);
    else if (value === null)
      throw typeError(
        'Cannot stream an entry that stands for null: to node:stream null means the end. Use readableStream()',
      );
    return !done && this.push(value);
  }
}

class EntryWritable extends Writable {
  readonly #sink: ChunkSink;

  constructor(sink: ChunkSink, { objectMode, mark, signal }: Form) {
    super({ objectMode, ...mark, ...(signal && { signal }) });
    this.#sink = sink;
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, callback: Done): void {
    this.#sink.write([chunk]).then(() => callback(), callback);
  }

  override _writev(chunks: { chunk: unknown }[], callback: Done): void {
    this.#sink.write(chunks.map(({ chunk }) => chunk)).then(() => callback(), callback);
  }

  override _final(callback: Done): void {
    this.#sink.persist().then(() => callback(), callback);
  }

  override _destroy(error: Error | null, callback: Done): void {
    this.#sink.stop();
    callback(error);
  }
}
