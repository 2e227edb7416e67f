import { VarveError } from '../base/errors.js';
import { strideAt } from '../format/entry.js';
import { ENTRY, TIMESTAMP_END } from '../format/layout.js';
import type { Walk } from '../format/walk.js';
import type { Extent } from '../media/medium.js';
import { Verified } from '../media/verified.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';

/** Bytes that are verified ahead of a reader at a time. */
const AHEAD = 256 * 1024;

/** A stretch of a region that may be read without a further look: whole entries from `position` up to `end`. */
export interface Stretch {
  window: Window;
  end: number;
}

/**
 * The only way to entries: gives a stretch of good ones from `position` on, which must be the beginning of an entry or filler below the
 * region's tail. What this process appended itself is known to be good; everything else is verified the first time it is read.
 *
 * @param after timestamp of the entry before `position`: good entries that stand where they do not belong are damage, too
 * @param until the end of an entry or filler: nothing behind it is asked for, and everything before it, if that is not too much for one read
 * @throws VARVE_CORRUPT if the entry at `position` is damaged
 */
export function scan(region: RegionLog, position: number, after: number, until?: number): Stretch {
  return position >= region.ownFrom
    ? ownStretch(region, position)
    : verifiedStretch(region, position, after, until);
}

function ownStretch(region: RegionLog, position: number): Stretch {
  const { extent, tail } = region;
  let window = extent.read(position, ENTRY.header, tail);
  const next = position + strideAt(window.words, (position - window.start) / 4);
  if (next > window.end) window = extent.read(position, next - position, tail);
  return { window, end: tail <= window.end ? tail : lastWhole(window, position) };
}

/** A window may end in the middle of an entry: the end of the last one that is whole. Where that is not known, all of them are passed. */
function lastWhole(window: Window, position: number): number {
  const { end } = window;
  if (window.endsWhole) return end;
  let at = position;
  while (at + ENTRY.header <= end) {
    const next = at + strideAt(window.words, (at - window.start) / 4);
    if (next > end) break;
    at = next;
  }
  return at;
}

function verifiedStretch(
  region: RegionLog,
  position: number,
  after: number,
  until: number | undefined,
): Stretch {
  const { life } = region;
  const stretch = goodStretch(region, position, after, until);
  if (stretch !== undefined) return stretch;
  if (region.presence.isOver(life)) region.host.assertReadable(region, life);
  throw damaged(region, position);
}

/** Undefined if the entry at `position` is bad. */
function goodStretch(
  region: RegionLog,
  position: number,
  after: number,
  until: number | undefined,
): Stretch | undefined {
  const limit = Math.min(region.ownFrom, until ?? region.ownFrom);
  // A forged mark may leave less than a header before it.
  if (position + ENTRY.header > limit) return undefined;
  const length = until === undefined ? ENTRY.header : Math.min(limit - position, AHEAD);
  const window = region.extent.read(position, length, limit);
  const end = goodUntil(region, window, position, Math.min(limit, window.end, position + AHEAD), after);
  if (end > position) return { window, end };
  const next = position + strideAt(window.words, (position - window.start) / 4);
  if (next > limit) return undefined;
  const whole = region.extent.read(position, next - position, limit);
  const wholeEnd = goodUntil(region, whole, position, next, after);
  return wholeEnd > position ? { window: whole, end: wholeEnd } : undefined;
}

/** Up to where the entries from `position` on are good: verifies as far as `to`, unless that was done before. */
function goodUntil(region: RegionLog, window: Window, position: number, to: number, after: number): number {
  const known = window.verified?.from(position) ?? position;
  if (known > position) return known;
  const { end } = walkKnown(region, window, position, to, { after, newest: region.lastTimestamp });
  if (end > position) {
    window.verified ??= new Verified();
    window.verified.add(position, end);
  }
  return end;
}

/** Which timestamps the entries of a region can have: above `after`, and not above `newest`. */
export interface Range {
  after: number;
  newest: number;
}

/**
 * Walks where a region's own entries stand. What has a higher timestamp than its last one was never part of it, and stands where it does not
 * belong; only a filler may, as it has the last timestamp that was given out before it, in whichever region.
 */
export function walkKnown(
  { host, seed }: RegionLog,
  window: Window,
  from: number,
  to: number,
  { after, newest }: Range,
): Walk {
  const walk = host.kernel.walk(window, from, to, seed, after, TIMESTAMP_END);
  return walk.timestamp > newest ? host.kernel.walk(window, from, to, seed, after, newest + 1) : walk;
}

function damaged(region: RegionLog, offset: number): VarveError {
  const { id } = region.slot.record;
  return new VarveError(
    'VARVE_CORRUPT',
    `The entry at offset ${offset} of region ${id} is damaged: it was persisted, but its checksum is wrong, or it belongs elsewhere. ` +
      'Entries before it are good; check() finds out what else is',
    { offset },
  );
}

/** Where windows show what others store, they stay the same, and what was good in them is not known any more. */
export function unverify(extent: Extent): void {
  extent.read(0, 8, 8).verified = undefined;
}
