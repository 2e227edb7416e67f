import { VarveError } from '../../base/errors.js';
import { LogCursor } from '../cursor.js';
import type { Acts } from './acts.js';
import type { Cut } from './facts.js';
import type { LogCore } from './log-core.js';
import type { Segment } from './segment.js';
import { tidy } from './trim.js';

/**
 * Takes all entries behind a timestamp from the end of a log. It has happened at the first act: the journal says where the log ends, and
 * with which segment it goes on. The rest gives space back.
 */
export function* truncateAfter(log: LogCore, timestamp: number): Acts {
  log.follow();
  assertNothingOpen(log);
  if (log.last <= timestamp) return;
  const next = log.core.sharing === undefined ? undefined : endForAll(log);
  yield {
    // Only now, as something may be appended until it is noted.
    note: ({ cuts }) => {
      assertNothingOpen(log);
      const cut = cutAfter(log, timestamp, next);
      return { kind: 'cuts', cuts: [...cuts.filter(({ segment }) => segment < cut.segment), cut] };
    },
  };
  yield* tidy(log);
}

/** What is reserved has a place behind what is to go. */
function assertNothingOpen({ chain, core, name }: LogCore): void {
  if (core.sharing !== undefined) return;
  if (chain.segments.every(({ region }) => region.reservations.none)) return;
  throw new VarveError(
    'VARVE_BUSY',
    `Cannot take entries from the end of the log '${name}' as a place reserved in it is still open: publish or cancel it first`,
  );
}

/**
 * Other threads may append at any moment: they are to go on in a further segment from now on, and what they do here has an end. Returns the
 * number of the segment.
 */
function endForAll(log: LogCore): number {
  const { end, next } = log.chain;
  while (log.chain.next === next) log.roll(0);
  end?.region.appender.reservations.awaitNone();
  end?.region.catchUp();
  return next;
}

/** Where the log ends when everything behind `timestamp` is gone. */
function cutAfter({ chain }: LogCore, timestamp: number, next = chain.next): Cut {
  for (const segment of chain.segments.toReversed()) {
    const kept = keptOf(segment, timestamp);
    if (kept.entries > 0) return { segment: segment.number, ...kept, next };
  }
  return { segment: chain.segments[0]?.number ?? 0, tail: 0, entries: 0, last: 0, next };
}

function keptOf(segment: Segment, timestamp: number): Pick<Cut, 'tail' | 'entries' | 'last'> {
  const { tail, entries, last, birth, region } = segment;
  if (entries > 0 && last <= timestamp) return { tail, entries, last };
  const kept = { tail: 0, entries: 0, last: 0 };
  if (birth > timestamp) return kept;
  const cursor = new LogCursor(region);
  while (cursor.next() && cursor.position < tail && cursor.timestamp <= timestamp) {
    kept.tail = cursor.end;
    kept.entries++;
    kept.last = cursor.timestamp;
  }
  return kept;
}
