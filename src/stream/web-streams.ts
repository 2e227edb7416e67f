import type {
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamDefaultController,
  UnderlyingSink,
  WritableStream,
} from 'node:stream/web';
import { builtin } from '../base/builtins.js';
import { ChunkSink, type EntrySink } from './chunk-sink.js';
import { type Chunks, chunksOf, type EntrySource } from './chunks.js';
import { bytesOf } from './data.js';
import { formOf, type ReadableOptions, type WritableOptions } from './stream-options.js';

/** A web stream out of a region or log: a byte stream, unless chunks are values or entries. */
export function webReadable(
  source: EntrySource,
  options: ReadableOptions | undefined,
): ReadableStream<unknown> {
  const form = formOf(options);
  const { ReadableStream } = builtin('node:stream/web');
  const underlying = sourceOf(chunksOf(source, options, form), form.signal);
  return form.objectMode
    ? new ReadableStream(underlying, form.mark)
    : new ReadableStream({ ...underlying, type: 'bytes' }, form.mark);
}

/** A web stream into a region or log. */
export function webWritable(
  target: EntrySink,
  options: WritableOptions | undefined,
): WritableStream<unknown> {
  const form = formOf(options);
  const { WritableStream } = builtin('node:stream/web');
  const sink = sinkOf(new ChunkSink(target, options, form), form.signal);
  return new WritableStream(sink, form.objectMode ? form.mark : { ...form.mark, size: byteLength });
}

function byteLength(chunk: unknown): number {
  return typeof chunk === 'string' ? Buffer.byteLength(chunk) : bytesOf(chunk).length;
}

type Controller = ReadableByteStreamController | ReadableStreamDefaultController<unknown>;

function sourceOf(chunks: Chunks, signal: AbortSignal | undefined) {
  const abortion = new Abortion(signal, () => chunks.stop());
  return {
    start: (controller: Controller) => abortion.watch(controller),
    async pull(controller: Controller) {
      const { done, value } = await abortion.watched(async () => chunks.next());
      if (abortion.stopped) return;
      if (!done) controller.enqueue(value as Uint8Array);
      else {
        abortion.stop();
        controller.close();
        // A reader that brought its own buffer is answered only by this.
        if ('byobRequest' in controller) controller.byobRequest?.respond(0);
      }
    },
    cancel: () => abortion.stop(),
  };
}

function sinkOf(sink: ChunkSink, signal: AbortSignal | undefined): UnderlyingSink<unknown> {
  const abortion = new Abortion(signal, () => sink.stop());
  return {
    start: (controller) => abortion.watch(controller),
    write: (chunk) => abortion.watched(() => sink.write([chunk])),
    close: () => sink.persist().finally(() => abortion.stop()),
    abort: () => abortion.stop(),
  };
}

/** How a stream is stopped: by its own end, or by a signal, with which it errors. */
class Abortion {
  stopped = false;
  readonly #signal: AbortSignal | undefined;
  readonly #stop: () => void;
  #listener: () => void = () => {};

  constructor(signal: AbortSignal | undefined, stop: () => void) {
    this.#signal = signal;
    this.#stop = stop;
  }

  watch(controller: { error(reason: unknown): void }): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    this.#listener = () => {
      controller.error(signal.reason);
      this.stop();
    };
    if (signal.aborted) this.#listener();
    else signal.addEventListener('abort', this.#listener);
  }

  /** An error of the work ends the stream, too. */
  async watched<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  stop(): void {
    this.stopped = true;
    this.#signal?.removeEventListener('abort', this.#listener);
    this.#stop();
  }
}
