import { conflict } from '../core/append-errors.js';
import type { LogCore } from '../core/log/log-core.js';
import type { RegionLog } from '../core/region-log.js';
import { type AppendOptions, timestampOption } from './options.js';

/**
 * What an append that expects a last entry of the log expects of the segment that it goes to.
 *
 * @throws VARVE_CONFLICT if the log ends with another entry
 */
export function expectLast(
  log: LogCore,
  options: AppendOptions | undefined,
): (region: RegionLog) => AppendOptions | undefined {
  if (options?.expectedLast === undefined) return () => options;
  const expected = timestampOption(options.expectedLast, 'expectedLast');
  log.follow();
  const { end } = log.chain;
  const last = log.last;
  if (last !== expected) throw conflict(expected, last);
  // What is trimmed, or was taken from the end, still stands there.
  const stored = end?.region.entries === 0 ? 0 : end?.region.lastTimestamp;
  return (region) => ({ ...options, expectedLast: region === end?.region ? (stored ?? 0) : 0 });
}
