import { typeError, VarveError } from '../base/errors.js';
import type { Walker } from '../core/cursor.js';
import { LogBackwardWalker } from '../core/log/log-backward.js';
import type { LogCore } from '../core/log/log-core.js';
import { type Gap, LogWalker } from '../core/log/log-walker.js';
import { timestampAtTime } from '../core/log/starts.js';
import { unlessFreed } from '../core/log/unless-freed.js';
import type { RegionLog } from '../core/region-log.js';
import type { Entry } from './entry.js';
import { checked, checkedTail, EntryIterator, follow, type Source } from './iterate.js';
import { type LogEntriesOptions, type LogTailOptions, type OnGap, timeOption } from './log-options.js';
import type { Region } from './region.js';

/** Entries of a log, as the options say. */
export function logEntries(
  log: LogCore,
  regionOf: (region: RegionLog) => Region,
  options: LogEntriesOptions | undefined,
): IterableIterator<Entry> {
  const { core } = log;
  const { from, reverse, persisted } = checked(options, core);
  const onGap = gapOption(options?.onGap, log.name);
  const time = timeGiven(options);
  const source: Source = reverse
    ? new LogBackwardWalker(log, time === undefined ? from : Math.min(from, lastAt(log, time)))
    : new LogWalker(log, time === undefined ? from : firstAt(log, time), true, onGap);
  const entryOf = (at: Walker) => regionOf(at.region).entryAt(at);
  return new EntryIterator(source, entryOf, core, persisted && !reverse);
}

/** Follows a log. */
export function followLog(
  log: LogCore,
  regionOf: (region: RegionLog) => Region,
  options: LogTailOptions | undefined,
): AsyncGenerator<Entry, void, void> {
  const { from, signal } = checkedTail(options);
  const onGap = gapOption(options?.onGap, log.name);
  const time = timeGiven(options);
  const walker = new LogWalker(log, time === undefined ? from : firstAt(log, time), false, onGap);
  return follow(walker, (at) => regionOf(at.region).entryAt(at), log.core, signal);
}

/** What tells of a gap, as `onGap` says. */
export function gapOption(onGap: OnGap | undefined, log: string): (gap: Gap) => void {
  if (onGap === undefined || onGap === 'error') {
    return (gap) => {
      throw trimmed(log, gap);
    };
  }
  if (onGap === 'skip') return () => {};
  if (typeof onGap !== 'function')
    throw typeError(`Cannot use ${String(onGap)} as onGap: it must be 'error', 'skip' or a function`);
  return onGap;
}

function timeGiven(options: LogEntriesOptions | LogTailOptions | undefined): number | undefined {
  if (options?.time === undefined) return undefined;
  if (options.from !== undefined)
    throw typeError('Cannot begin at a timestamp and a time of day: give from or time, not both');
  return timeOption(options.time);
}

/** The first timestamp at a time of day or later; if there is none yet, the next one that is given out. */
export function firstAt(log: LogCore, time: number): number {
  log.follow();
  const timestamp = unlessFreed(log, () => timestampAtTime(log.chain, time));
  return Math.max(
    log.trimmedBelow,
    Number.isFinite(timestamp) ? timestamp : log.core.others.newestCommitted + 1,
  );
}

/** The last timestamp at a time of day or earlier. */
function lastAt(log: LogCore, time: number): number {
  log.follow();
  return unlessFreed(log, () => timestampAtTime(log.chain, time + 1)) - 1;
}

function trimmed(log: string, gap: Gap): VarveError {
  return new VarveError(
    'VARVE_TRIMMED',
    `Cannot go on reading the log '${log}' at timestamp ${gap.from} as its entries before ${gap.to + 1} were trimmed: go on from ` +
      `there, or have gaps skipped by onGap`,
    { gap },
  );
}
