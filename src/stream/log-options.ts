import { parseDuration } from '../base/durations.js';
import { rangeError, typeError } from '../base/errors.js';
import { parseSize, roundDown, roundUp } from '../base/sizes.js';
import type { LogOptions as CheckedOptions, Retention } from '../core/log/facts.js';
import type { Gap } from '../core/log/log-walker.js';
import { LOG_NAME_MAX } from '../core/log/names.js';
import type { StreamCore } from '../core/stream-core.js';
import { REGION_MAX } from '../format/layout.js';
import {
  type AppendOptions,
  assertOptions,
  type EntriesOptions,
  oneOf,
  type TailOptions,
} from './options.js';

/** How much of a log is kept. What is left out sets no bound. */
export interface RetainOptions {
  /** Bytes that its entries take, at most; or a string such as '1GiB'. */
  bytes?: number | string;
  /** Entries, at most. */
  entries?: number;
  /** How old an entry may be: milliseconds, or a string such as '12h', '7d'. */
  age?: number | string;
}

/** How a log is kept. What is left out stays as it was; in a new log it has its default. */
export interface LogOptions {
  /** Bytes of the regions that it is chained from, or a string such as '16MiB'. Default: a sixteenth of the stream, at most 16 MiB. */
  segmentSize?: number | string;
  /** What is too much is trimmed in the background. Default: all is kept. */
  retain?: RetainOptions;
  /**
   * When the stream has no room: 'reject' (the default) throws `VARVE_FULL`; 'wait' has promises wait for room; 'discard-oldest' takes the
   * oldest segment of the log.
   */
  whenFull?: 'reject' | 'wait' | 'discard-oldest';
}

/** What to do where entries were trimmed before they were read: throw `VARVE_TRIMMED`, go on with what is there, or tell and go on. */
export type OnGap = 'error' | 'skip' | ((gap: Gap) => void);

/** Which entries of a log to visit. */
export interface LogEntriesOptions extends EntriesOptions {
  /** As `from`, by the time of day: milliseconds since 1970, or a Date. With `reverse`, no later ones. */
  time?: number | Date;
  /** Default: 'error'. */
  onGap?: OnGap;
}

/** Where to begin to follow a log, and how to end it. */
export interface LogTailOptions extends TailOptions {
  /** As `from`, by the time of day: milliseconds since 1970, or a Date. */
  time?: number | Date;
  /** Default: 'error'. */
  onGap?: OnGap;
}

/** How to append to a log. */
export interface LogAppendOptions extends AppendOptions {
  /**
   * Who appends, 1 to 255 bytes of UTF-8: one thread at a time. With `sequence` an append can be tried again, also after a crash: it is not
   * stored twice, and the entry that is there is returned.
   */
  producer?: string;
  /** Rises with each entry of the producer. A lower one that is not there is refused with `VARVE_CONFLICT`. */
  sequence?: number;
}

/** How to trim. */
export interface TrimOptions {
  /** Entries with lower timestamps go. */
  before: number;
}

const DEFAULT_MAX = 16 * 2 ** 20;
const DEFAULT_SHARE = 16;

/** Checks the name of a log. */
export function logName(name: unknown): string {
  if (typeof name !== 'string')
    throw typeError(`Cannot name a log by ${typeof name}: its name must be a string`);
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > LOG_NAME_MAX || name.includes('\0') || Buffer.from(name).toString() !== name) {
    throw rangeError(
      `Cannot use the name ${JSON.stringify(name)} for a log: it must have 1 to ${LOG_NAME_MAX} bytes of UTF-8, and no NUL`,
    );
  }
  return name;
}

/** Checks the options of a log: those that were given. */
export function checkedLogOptions(
  core: StreamCore,
  options: LogOptions | undefined,
): Partial<CheckedOptions> {
  assertOptions(options);
  const { segmentSize, retain, whenFull } = options ?? {};
  return {
    ...(segmentSize === undefined ? {} : { segmentSize: sizeOfSegments(core, segmentSize) }),
    ...(retain === undefined ? {} : { retain: retention(retain) }),
    ...(whenFull === undefined
      ? {}
      : { whenFull: oneOf(whenFull, ['reject', 'wait', 'discard-oldest'], 'whenFull') }),
  };
}

/** What a new log has where nothing is asked for. */
export function defaultLogOptions({ prefix }: StreamCore): CheckedOptions {
  const { size, blockSize } = prefix.header;
  const share = roundDown(Math.min(DEFAULT_MAX, size / DEFAULT_SHARE), blockSize);
  return { segmentSize: Math.max(blockSize, share), retain: {}, whenFull: 'reject' };
}

/** Checks a time of day. */
export function timeOption(time: unknown): number {
  const ms = time instanceof Date ? time.getTime() : time;
  if (typeof ms !== 'number')
    throw typeError(`Cannot use ${String(time)} as time: it must be a Date, or milliseconds since 1970`);
  if (Number.isNaN(ms)) throw rangeError(`Cannot use ${String(time)} as time: it is no time of day`);
  return ms;
}

function sizeOfSegments({ prefix }: StreamCore, given: number | string): number {
  const size = roundUp(parseSize(given, 'segmentSize'), prefix.header.blockSize);
  if (size === 0 || size > REGION_MAX) {
    throw rangeError(`Cannot use ${given} as segmentSize: it must be from 1 byte to ${REGION_MAX} bytes`);
  }
  return size;
}

function retention(retain: RetainOptions): Retention {
  assertOptions(retain);
  const { bytes, entries, age } = retain;
  if (entries !== undefined && typeof entries !== 'number')
    throw typeError(`Cannot use ${String(entries)} as retain.entries: it must be a number`);
  if (entries !== undefined && !(Number.isSafeInteger(entries) && entries >= 0)) {
    throw rangeError(`Cannot use ${entries} as retain.entries: it must be a whole number from 0 on`);
  }
  return {
    ...(bytes === undefined ? {} : { bytes: parseSize(bytes, 'retain.bytes') }),
    ...(entries === undefined ? {} : { entries }),
    ...(age === undefined ? {} : { age: parseDuration(age, 'retain.age') }),
  };
}
