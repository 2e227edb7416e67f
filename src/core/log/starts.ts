import { VarveError } from '../../base/errors.js';
import { LogCursor } from '../cursor.js';
import type { Chain } from './chain.js';
import { leaderAt } from './leader.js';
import type { Segment } from './segment.js';

/** The first entry of a segment. */
export interface Start {
  readonly timestamp: number;
  /** When it was appended, milliseconds since 1970. */
  readonly time: number;
}

/** What a segment begins with; undefined if it has no entry, or a damaged one. */
export function startOf({ region, entries }: Segment): Start | undefined {
  if (entries === 0) return undefined;
  try {
    const cursor = new LogCursor(region);
    if (!cursor.next()) return undefined;
    return { timestamp: cursor.timestamp, time: leaderAt(cursor.window, cursor.position).time };
  } catch (error) {
    if (error instanceof VarveError && error.code === 'VARVE_CORRUPT') return undefined;
    throw error;
  }
}

/**
 * The timestamp of the first entry that was appended at `time` or later; Infinity if there is none yet. Of most segments only the first entry
 * is read, and of few of them: as many as a binary search looks at; then the one that the entry may be in.
 */
export function timestampAtTime({ segments }: Chain, time: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = startFrom(segments, middle, high);
    if (start === undefined || start.time >= time) high = middle;
    else low = middle + 1;
  }
  for (const segment of segments.slice(Math.max(0, low - 1))) {
    const found = timestampIn(segment, time);
    if (found !== undefined) return found;
  }
  return Number.POSITIVE_INFINITY;
}

/** The first entry in the segments [from, to). */
function startFrom(segments: readonly Segment[], from: number, to: number): Start | undefined {
  for (let i = from; i < to; i++) {
    const start = startOf(segments[i] as Segment);
    if (start !== undefined) return start;
  }
  return undefined;
}

function timestampIn({ region, tail }: Segment, time: number): number | undefined {
  const cursor = new LogCursor(region);
  while (cursor.next() && cursor.position < tail) {
    if (leaderAt(cursor.window, cursor.position).time >= time) return cursor.timestamp;
  }
  return undefined;
}
