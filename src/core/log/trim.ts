import { LogCursor } from '../cursor.js';
import { type Acts, clearUpTo, freeAll } from './acts.js';
import type { LogCore } from './log-core.js';
import type { Segment } from './segment.js';
import { unlessFreed } from './unless-freed.js';

/**
 * Takes all entries before a timestamp from the beginning of a log, as far as nobody needs them. It has happened at the first act; the rest
 * gives space back.
 */
export function* trim(log: LogCore, before: number): Acts {
  log.follow();
  const newest = unlessFreed(log, () => newestBefore(log, Math.min(before, log.slowest())));
  if (newest >= log.trimmedBelow) {
    yield { note: ({ first }) => (newest < first ? undefined : { kind: 'first', first: newest + 1 }) };
  }
  yield* tidy(log);
}

/** Gives back what a trim, or a cut, leaves without entries: also where a crash came between. */
export function* tidy(log: LogCore): Acts {
  const { chain, core } = log;
  log.follow();
  log.renew();
  const { dead } = chain;
  if (dead.length > 0) yield { steps: () => freeAll(core, dead) };
  const trimmed = trimmedSegments(log).map(({ region }) => region);
  if (trimmed.length > 0) yield { steps: () => freeAll(core, trimmed) };
  log.renew();
  const { end } = chain;
  if (core.sharing === undefined && end !== undefined && isTrimmed(log, end) && end.region.entries > 0) {
    yield { steps: () => clearUpTo(log, end.region, end.region.lastTimestamp) };
  }
  log.renew();
  const cuts = chain.liveCuts;
  if (chain.dead.length === 0 && cuts.length < log.journal.state.cuts.length) {
    yield { note: () => ({ kind: 'cuts', cuts }) };
  }
}

/** Segments from the first on that hold nothing that is to be seen; never the one that is appended to. */
function trimmedSegments(log: LogCore): Segment[] {
  const trimmed: Segment[] = [];
  for (const segment of log.chain.segments) {
    const isAppendedTo = segment === log.chain.end && segment.cut === undefined;
    if (isAppendedTo || !isTrimmed(log, segment)) break;
    trimmed.push(segment);
  }
  return trimmed;
}

function isTrimmed({ trimmedBelow, core }: LogCore, { last, region }: Segment): boolean {
  return last < trimmedBelow && (core.sharing !== undefined || region.reservations.none);
}

/** Timestamp of the newest entry before `before`; 0 if there is none. */
function newestBefore({ chain }: LogCore, before: number): number {
  let newest = 0;
  for (const segment of chain.segments) {
    if (segment.entries === 0) continue;
    if (segment.last >= before) return Math.max(newest, newestIn(segment, before));
    newest = segment.last;
  }
  return newest;
}

function newestIn({ region, tail }: Segment, before: number): number {
  const cursor = new LogCursor(region, region.index.seek(before));
  let newest = 0;
  while (cursor.next() && cursor.position < tail && cursor.timestamp < before) newest = cursor.timestamp;
  return newest;
}
