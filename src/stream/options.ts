import { rangeError, typeError } from '../base/errors.js';

/** When an append is done: when readers see it, or when it also survives a crash. */
export type Until = 'committed' | 'persisted';

/** When publishing a slot is done. */
export interface PublishOptions {
  /** 'persisted', the default: done once it is durable. 'committed': done once readers see it; durable soon after, in the background. */
  until?: Until;
}

/** How to append. */
export interface AppendOptions extends PublishOptions {
  /** Only if the region's last entry has this timestamp (0: if it has none); else `VARVE_CONFLICT`. */
  expectedLast?: number;
}

/** Which entries to visit. */
export interface EntriesOptions {
  /** The timestamp to begin at: no earlier entries; with `reverse`, no later ones. Default: all. */
  from?: number;
  /** From the newest to the oldest. What is appended after the first step is not visited. */
  reverse?: boolean;
  /** 'persisted' leaves out what is only committed. */
  until?: Until;
}

/** Where to begin to follow, and how to end it. */
export interface TailOptions {
  /** The timestamp to begin at. Default: the first entry. */
  from?: number;
  /** Aborting it ends the loop at once, also in the middle of a wait. */
  signal?: AbortSignal;
}

/** Checks an option that is one of a few words. */
export function oneOf<T extends string>(value: unknown, words: readonly T[], what: string): T {
  const word = words.find((each) => each === value);
  if (word === undefined)
    throw typeError(`Cannot use ${String(value)} as ${what}: it must be one of '${words.join("', '")}'`);
  return word;
}

/** Checks an options bag. */
export function assertOptions(options: unknown): void {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw typeError(`Cannot use ${String(options)} as options: it must be an object`);
  }
}

/** Checks a timestamp; 0 stands for "before the first". */
export function timestampOption(value: unknown, what: string): number {
  if (typeof value !== 'number')
    throw typeError(`Cannot use ${String(value)} as ${what}: it must be a timestamp, a number`);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw rangeError(`Cannot use ${value} as ${what}: it must be a whole number from 0 to 2^53 - 1`);
  }
  return value;
}

/** Checks the size of a payload that a place is reserved for. */
export function assertReservable(size: unknown): void {
  if (typeof size !== 'number')
    throw typeError(`Cannot reserve ${typeof size}: the size must be a number of bytes`);
  if (!Number.isSafeInteger(size) || size < 0)
    throw rangeError(`Cannot reserve ${size} bytes: the size must be a whole number of bytes from 0 on`);
}

/** Checks a flag. */
export function flagOption(value: unknown, what: string): boolean {
  if (value !== undefined && typeof value !== 'boolean')
    throw typeError(`Cannot use ${String(value)} as ${what}: it must be true or false`);
  return value ?? false;
}

/** Checks an abort signal. */
export function signalOption(value: unknown): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw typeError(`Cannot use ${String(value)} as signal: it must be an AbortSignal`);
  }
  return value;
}

/** Whether an append is done only when it is persisted. */
export function persistsBeforeDone(options: PublishOptions | undefined): boolean {
  if (options === undefined) return true;
  return options?.until === 'committed' ? false : checkedUntil(options);
}

function checkedUntil(options: PublishOptions): boolean {
  assertOptions(options);
  if (options.until !== undefined) oneOf(options.until, ['committed', 'persisted'], 'until');
  return true;
}
