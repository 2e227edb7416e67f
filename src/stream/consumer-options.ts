import { rangeError, typeError } from '../base/errors.js';
import type { LogCore } from '../core/log/log-core.js';
import { POSITION } from '../format/position.js';
import { type OnGap, timeOption } from './log-options.js';
import { firstAt } from './log-reading.js';
import { timestampOption } from './options.js';

/**
 * A place in a log: before its first entry, behind its last one, before the first entry with this timestamp or a later one, or before the first
 * one that was appended at this time of day or later (milliseconds since 1970, or a Date).
 */
export type LogPlace = 'first' | 'last' | { timestamp: number } | { time: number | Date };

/** How to open a consumer. */
export interface ConsumerOptions {
  /** True: nothing that it has not acknowledged is trimmed, for retention neither. Left out, it stays as it was; at first it is false. */
  protect?: boolean;
  /** Where a consumer begins that there was not before. Default: 'first'. */
  from?: LogPlace;
  /** What to do where entries were trimmed that it has not come to. Default: 'error'. */
  onGap?: OnGap;
  /** Aborting it ends its loops quietly, also in the middle of a wait. */
  signal?: AbortSignal;
}

/** Checks the name of a consumer. */
export function consumerName(name: unknown): string {
  if (typeof name !== 'string') {
    throw typeError(`Cannot name a consumer by ${typeof name}: its name must be a string`);
  }
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > POSITION.nameMax || name.includes('\0') || Buffer.from(name).toString() !== name) {
    throw rangeError(
      `Cannot use the name ${JSON.stringify(name)} for a consumer: it must have 1 to ${POSITION.nameMax} bytes of UTF-8, and no NUL`,
    );
  }
  return name;
}

/** The position of a consumer that is to go on at a place: everything up to it counts as acknowledged. */
export function positionAt(log: LogCore, place: LogPlace): number {
  log.follow();
  if (place === 'first') return before(log.trimmedBelow);
  if (place === 'last') return Math.max(log.last, before(log.trimmedBelow));
  if (typeof place === 'object' && place !== null) {
    if ('timestamp' in place) return before(timestampOption(place.timestamp, 'a timestamp'));
    if ('time' in place) return before(firstAt(log, timeOption(place.time)));
  }
  throw typeError(
    `Cannot use ${String(place)} as a place in a log: it must be 'first', 'last', { timestamp } or { time }`,
  );
}

function before(timestamp: number): number {
  return Math.max(0, timestamp - 1);
}
