import type { Measured } from './record.js';

/** The middle of some samples, and how far they spread. */
export interface Summary {
  readonly median: number;
  /** First quartile. */
  readonly low: number;
  /** Third quartile. */
  readonly high: number;
}

/** Median and quartiles of at least one sample. */
export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** What one round, or one pair of rounds, brought. */
export interface Sample {
  readonly value: number;
  /** Undefined: not known. */
  readonly calm: boolean | undefined;
}

/** So few calm rounds are too few for a figure: quartiles of fewer are those of chance. */
export const ENOUGH = 10;

/** The figure of the calm samples, of all where these are too few or where it is not known of each. */
export function summarizeCalm(samples: readonly Sample[]): Measured {
  const all = summarize(samples.map(({ value }) => value));
  if (samples.some(({ calm }) => calm === undefined)) return all;
  const calm = samples.filter((sample) => sample.calm);
  const share = calm.length / samples.length;
  if (calm.length < ENOUGH) return { ...all, calm: share };
  return { ...summarize(calm.map(({ value }) => value)), calm: share, all: all.median };
}

/** The quantile of sorted samples, between the two samples next to it, weighted by how near they are. */
export function quantile(sorted: readonly number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** Nanoseconds that `work` takes. */
export function timed(work: () => void): number {
  const begin = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin);
}

/** Nanoseconds until what `work` returns is resolved. */
export async function timedAsync(work: () => Promise<void>): Promise<number> {
  const begin = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begin);
}

/** A figure that was taken once. */
export function exactly(value: number): Summary {
  return { median: value, low: value, high: value };
}
