import type { Readable, Writable } from 'node:stream';
import type { ReadableStream, WritableStream } from 'node:stream/web';
import type { Codec } from './codec.js';
import type { Data } from './data.js';
import type { Entry } from './entry.js';
import { nodeReadable, nodeWritable } from './node-streams.js';
import type { AppendOptions, EntriesOptions, TailOptions } from './options.js';
import type { ReadableOptions, WritableOptions } from './stream-options.js';
import { webReadable, webWritable } from './web-streams.js';

/** What entries can be streamed out of and into: regions and logs. */
export abstract class Pipeable {
  abstract append(data: Data, options?: AppendOptions): Promise<Entry>;
  abstract entries(options?: EntriesOptions): IterableIterator<Entry>;
  abstract tail(options?: TailOptions): AsyncGenerator<Entry, void, void>;

  /**
   * A stream of node:stream that reads entries only as they are asked for: bytes, values if a codec is given, entries with `objectMode`. Errors of
   * reading destroy it. A value null ends it with a TypeError, as null means the end to node:stream.
   *
   * @throws as `entries`, TypeError, RangeError
   * @example
   * await pipeline(region.readable(), createGzip(), createWriteStream('orders.gz'));
   */
  readable<T>(options?: ReadableOptions<T>): Readable {
    return nodeReadable(this, options);
  }

  /**
   * A stream of node:stream into which each chunk that is written becomes one entry: bytes or text, whatever the codec encodes, with `objectMode`
   * entries of other regions, too. A write is done once it is persisted; those that gather meanwhile are persisted as one group. `until: 'committed'`
   * does not wait for that until the end: it finishes once all is persisted. An error (VARVE_FULL, say) destroys it; what was written before is there.
   *
   * @throws TypeError, RangeError
   * @example
   * await pipeline(source, region.writable({ codec: jsonCodec() }));
   */
  writable<T>(options?: WritableOptions<T>): Writable {
    return nodeWritable(this, options);
  }

  /** As `readable`, for the web: of type 'bytes', or of values or entries, null among them. Throws as `readable`. */
  readableStream<T>(options: ReadableOptions<T> & { codec: Codec<T> }): ReadableStream<T>;
  readableStream(options: ReadableOptions & { objectMode: true }): ReadableStream<Entry>;
  readableStream(options?: ReadableOptions): ReadableStream<Uint8Array>;
  readableStream(options?: ReadableOptions): ReadableStream<unknown> {
    return webReadable(this, options);
  }

  /** As `writable`, for the web, which hands over one chunk at a time: each is a group of its own unless `until` is 'committed'. Throws as `writable`. */
  writableStream<T>(options: WritableOptions<T> & { codec: Codec<T> }): WritableStream<T>;
  writableStream(options: WritableOptions & { objectMode: true }): WritableStream<Data | Entry>;
  writableStream(options?: WritableOptions): WritableStream<Data>;
  writableStream(options?: WritableOptions): WritableStream<unknown> {
    return webWritable(this, options);
  }
}
