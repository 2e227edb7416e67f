import { decodeEntry } from './codec.js';
import type { Entry } from './entry.js';
import type { EntriesOptions, TailOptions } from './options.js';
import { type Form, liveOption, type ReadableOptions } from './stream-options.js';

/** What can be streamed from. */
export interface EntrySource {
  entries(options?: EntriesOptions): IterableIterator<Entry>;
  tail(options?: TailOptions): AsyncGenerator<Entry, void, void>;
}

/** Bytes of a chunk at most, where chunks are bytes: what is copied at a time, however large an entry is. */
const PIECE = 64 * 1024;

/** Entries as what a stream hands out, taken one by one. */
export interface Chunks {
  /** Undefined at the end. It is a promise only where entries to come are waited for. */
  next(): ChunkResult | Promise<ChunkResult>;
  /** Lets go of the entries, also in the middle of a wait. */
  stop(): void;
}

export type ChunkResult = IteratorResult<unknown, void>;

/**
 * What a readable stream shows.
 *
 * @throws as `entries` and `tail`
 */
export function chunksOf(source: EntrySource, options: ReadableOptions | undefined, form: Form): Chunks {
  const shape = shapeOf(form);
  if (!liveOption(options)) return finite(source.entries(options), shape);
  const controller = new AbortController();
  return live(source.tail({ ...options, signal: controller.signal }), shape, controller);
}

type Shape = (entry: Entry) => Iterable<unknown>;

function shapeOf({ codec, objectMode }: Form): Shape {
  if (codec !== undefined) return (entry) => [decodeEntry(entry, codec)];
  return objectMode ? (entry) => [entry] : pieces;
}

/** The bytes of an entry, as copies: a stream keeps them for longer than the entry may be there. */
function* pieces(entry: Entry): Generator<Uint8Array, void, void> {
  if (entry.size <= PIECE) {
    if (entry.size > 0) yield entry.copy();
    return;
  }
  for (let at = 0; at < entry.size; at += PIECE) {
    const piece = entry.data.slice(at, at + PIECE);
    void entry.data; // throws if a writer of another process took the region away meanwhile
    yield piece;
  }
}

function finite(entries: IterableIterator<Entry>, shape: Shape): Chunks {
  const iterator = shaped(entries, shape);
  // Nothing waits that would have to be ended, and the iterator may be at work right now: a codec may destroy the stream.
  return { next: () => iterator.next(), stop() {} };
}

function* shaped(entries: Iterable<Entry>, shape: Shape): Generator<unknown, void, void> {
  for (const entry of entries) yield* shape(entry);
}

function live(tail: AsyncGenerator<Entry, void, void>, shape: Shape, controller: AbortController): Chunks {
  const iterator = shapedLive(tail, shape);
  // Only the signal ends a wait that is under way; `return` would stand in line behind it.
  return { next: () => iterator.next(), stop: () => controller.abort() };
}

async function* shapedLive(tail: AsyncIterable<Entry>, shape: Shape): AsyncGenerator<unknown, void, void> {
  for await (const entry of tail) yield* shape(entry);
}
