import { rangeError, typeError } from '../base/errors.js';
import { assertCodec, type Codec } from './codec.js';
import type { OnGap } from './log-options.js';
import {
  assertOptions,
  type EntriesOptions,
  flagOption,
  type PublishOptions,
  signalOption,
} from './options.js';

/** What streams in both directions take. */
interface FormOptions<T> {
  /** Chunks are values that this one encodes and decodes. Without it they are bytes, or with `objectMode` entries. */
  codec?: Codec<T>;
  /** True: a chunk is one entry. False, the default without a codec: bytes, of which the reading side does not show where entries end. */
  objectMode?: boolean;
  /** How much may wait in the stream's own buffer: bytes, or with `objectMode` or a codec objects. Default: that of node:stream or of the web. */
  highWaterMark?: number;
  /** Aborting it destroys the stream with an AbortError. */
  signal?: AbortSignal;
}

/** What to stream out of a region or log. */
export interface ReadableOptions<T = unknown> extends FormOptions<T>, EntriesOptions {
  /** True: goes on for ever, with what is appended later. False, the default: ends with the last entry. */
  live?: boolean;
  /** Of a log: what to do where entries were trimmed that the stream has not come to; as of `log.tail()`. */
  onGap?: OnGap;
}

/** How to stream into a region or log. */
export interface WritableOptions<T = unknown> extends FormOptions<T>, PublishOptions {}

/** What becomes of entries on the way out, or chunks on the way in. */
export interface Form {
  codec: Codec<unknown> | undefined;
  objectMode: boolean;
  signal: AbortSignal | undefined;
  /** How much may be buffered, if it was said. */
  mark: { highWaterMark?: number };
}

/**
 * Checks what is common to both directions.
 *
 * @throws TypeError, RangeError
 */
export function formOf(options: FormOptions<unknown> | undefined): Form {
  assertOptions(options);
  const codec = options?.codec as Codec<unknown> | undefined;
  if (codec !== undefined) assertCodec(codec);
  if (codec !== undefined && options?.objectMode === false)
    throw typeError('Cannot stream values of a codec with objectMode: false: leave one of the two out');
  const objectMode = codec !== undefined || flagOption(options?.objectMode, 'objectMode');
  return {
    codec,
    objectMode,
    signal: signalOption(options?.signal),
    mark: options?.highWaterMark === undefined ? {} : { highWaterMark: checkedMark(options.highWaterMark) },
  };
}

function checkedMark(value: unknown): number {
  if (typeof value !== 'number')
    throw typeError(`Cannot use ${String(value)} as highWaterMark: it must be a number`);
  if (!Number.isSafeInteger(value) || value < 0)
    throw rangeError(`Cannot use ${value} as highWaterMark: it must be a whole number from 0 on`);
  return value;
}

/** Whether to go on for ever. */
export function liveOption(options: ReadableOptions | undefined): boolean {
  const live = flagOption(options?.live, 'live');
  if (live && options?.reverse) throw typeError('Cannot stream backwards and live: leave one of the two out');
  if (live && options?.until === 'persisted')
    throw typeError(
      "Cannot stream live until 'persisted': a live stream shows what is committed; leave it out",
    );
  return live;
}
