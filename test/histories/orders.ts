import type { StreamHandle, StreamOptions } from '../../src/index.js';

/** What a writing process is told to do. */
export interface WriterOrder {
  /** The stream's file; undefined for one in memory. */
  readonly path: string | undefined;
  readonly medium: NonNullable<StreamOptions['medium']>;
  /** Where tapes go. */
  readonly directory: string;
  /** Counts the writing processes of a stream, from 1. */
  readonly run: number;
  readonly seed: number;
  /** Threads beside the main one. */
  readonly workers: number;
  /** Milliseconds of work. */
  readonly time: number;
  /** Workers are terminated now and then, and others started in their place. */
  readonly terminates: boolean;
  /** It is going to be killed, so tapes must be in files from the beginning on. */
  readonly dies: boolean;
  /** It is the last one, and says so in the stream. */
  readonly last: boolean;
}

/** What a reading process is told to do. */
export interface ReaderOrder {
  readonly path: string;
  readonly medium: NonNullable<StreamOptions['medium']>;
  readonly directory: string;
  readonly actor: number;
  readonly seed: number;
}

/** What a worker is given. */
export interface WorkerOrder {
  /** What `stream.share()` returned. */
  readonly handle: StreamHandle;
  readonly actor: number;
  readonly seed: number;
  readonly directory: string;
  /** Where its tape is kept; it has a file, too, if the process is going to be killed. */
  readonly words: SharedArrayBuffer;
  readonly dies: boolean;
  readonly lives: SharedArrayBuffer;
  /** One word, set when it is time to end. */
  readonly stop: SharedArrayBuffer;
}

/** The region that the last writer makes at the end: who follows knows then that this was all. */
export const LAST_REGION = 'last';

/** Bytes of a tape. Pages that are not used cost nothing. */
export const TAPE_BYTES = 64 * 2 ** 20;
