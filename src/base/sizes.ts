import { rangeError, typeError } from './errors.js';

const UNITS: Record<string, number> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };

/**
 * Reads a size: a whole number of bytes, or a string such as '512KiB', '64MiB', '4GiB'.
 *
 * @param size what the user gave
 * @param what its name in the message of the error
 * @returns bytes, from 0 to 2^53 - 1
 * @throws TypeError if it is neither a number nor such a string, RangeError if no size can have that value
 */
export function parseSize(size: number | string, what: string): number {
  const bytes = typeof size === 'string' ? bytesOf(size, what) : size;
  if (typeof bytes !== 'number') {
    throw typeError(
      `Cannot use ${String(bytes)} as ${what}: it must be a number of bytes or a string like '64MiB'`,
    );
  }
  if (!Number.isSafeInteger(bytes) || bytes < 0) {
    throw rangeError(
      `Cannot use ${String(size)} as ${what}: it must be a whole number of bytes from 0 to 2^53 - 1`,
    );
  }
  return bytes;
}

function bytesOf(text: string, what: string): number {
  const match = /^(\d+(?:\.\d+)?)\s?(B|KiB|MiB|GiB|TiB)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (unit === undefined) {
    throw typeError(
      `Cannot use '${text}' as ${what}: write a number and a unit of B, KiB, MiB, GiB or TiB, as in '64MiB'`,
    );
  }
  return Number(match?.[1]) * unit;
}

/** Writes bytes for people: '64 MiB', '1.5 KiB', '80 B'. Rounded down: what it says is there. */
export function formatSize(bytes: number): string {
  const [unit, factor] = Object.entries(UNITS).findLast(([, least]) => bytes >= least) ?? ['B', 1];
  return `${Math.floor((bytes / factor) * 10) / 10} ${unit}`;
}

/** `value` rounded up to a multiple of `step`, a power of two; exact up to 2^53 - 1. */
export function roundUp(value: number, step: number): number {
  const rest = value % step;
  return rest === 0 ? value : value + (step - rest);
}

/** `value` rounded down to a multiple of `step`. */
export function roundDown(value: number, step: number): number {
  return value - (value % step);
}
