import { rangeError, typeError } from './errors.js';

const UNITS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads a duration: a number of milliseconds, or a string such as '500ms', '30s', '15m', '12h', '7d', '2w'.
 *
 * @param duration what the user gave
 * @param what its name in the message of the error
 * @returns milliseconds, more than 0
 * @throws TypeError if it is neither a number nor such a string, RangeError if it is not more than 0
 */
export function parseDuration(duration: number | string, what: string): number {
  const ms = typeof duration === 'string' ? msOf(duration, what) : duration;
  if (typeof ms !== 'number') {
    throw typeError(
      `Cannot use ${String(duration)} as ${what}: it must be a number of milliseconds or a string like '7d'`,
    );
  }
  if (!(ms > 0 && ms <= Number.MAX_SAFE_INTEGER)) {
    throw rangeError(`Cannot use ${String(duration)} as ${what}: it must be more than 0 ms`);
  }
  return ms;
}

function msOf(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s?(ms|s|m|h|d|w)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (unit === undefined) {
    throw typeError(
      `Cannot use '${text}' as ${what}: write a number and a unit of ms, s, m, h, d or w, as in '7d'`,
    );
  }
  return Number(match?.[1]) * unit;
}
