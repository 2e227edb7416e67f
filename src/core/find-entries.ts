import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, TIMESTAMP_END } from '../format/layout.js';
import type { Window } from '../media/window.js';
import { eachEntry } from './each-entry.js';
import type { RegionLog } from './region-log.js';

/** Bytes that are looked at between two pauses. */
const PORTION = 16 * 2 ** 20;
/** Bytes that are read to learn whether anything has come. */
const GLIMPSE = 512;

/** Where the entries of a region end, as far as it is known. */
export interface End {
  /** Position in the region. */
  readonly tail: number;
  /** Timestamp of the last entry, else birth - 1. */
  readonly timestamp: number;
  readonly entries: number;
}

/** Valid entries behind an end, one behind the other. */
export interface Found {
  readonly window: Window;
  readonly from: End;
  readonly to: End;
  readonly timestamps: readonly number[];
  /** Those of parts of transactions that go on with the next timestamp. */
  readonly goingOn: readonly number[];
  /** The newest part of a transaction; 0 if there is none. */
  readonly newestPart: number;
  /** The greatest timestamp that was persisted, as one of the entries says; 0 if none says so. */
  readonly certified: number;
}

/** Where a region's entries end now. */
export function endOf({ tail, lastTimestamp, entries }: RegionLog): End {
  return { tail, timestamp: lastTimestamp, entries };
}

/**
 * Looks for valid entries behind an end: a portion of them. Where another process may take the region away, what was found counts if it is still
 * there afterwards.
 *
 * @param below no entry may reach this timestamp
 * @returns undefined if there are none
 */
export function lookBehind(region: RegionLog, from: End, below: number): Found | undefined {
  const window = windowBehind(region, from, below);
  if (window === undefined) return undefined;
  const { tail } = from;
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  // Where another process writes, what stands there may have changed since the window was chosen.
  const limit = Math.min(window.end, Math.max(next, tail + PORTION));
  const walk = region.host.kernel.walk(window, tail, limit, region.seed, from.timestamp, below);
  if (walk.end === tail) return undefined;
  const timestamps: number[] = [];
  const goingOn: number[] = [];
  let newestPart = 0;
  eachEntry(window, tail, walk.end, ({ timestamp, isPart, goesOn }) => {
    timestamps.push(timestamp);
    if (isPart) newestPart = timestamp;
    if (goesOn) goingOn.push(timestamp);
  });
  const to = { tail: walk.end, timestamp: walk.timestamp, entries: from.entries + walk.entries };
  return { window, from, to, timestamps, goingOn, newestPart, certified: walk.certified };
}

/**
 * Moves the region's end behind what was found there, but not beyond the first part of a transaction that is not known to be whole.
 *
 * @param whole the transactions up to this timestamp are
 * @returns false if it was stopped by one
 */
export function takeOver(region: RegionLog, found: Found, whole: number): boolean {
  const { window, from } = found;
  const to = found.newestPart > whole ? endBeforePart(found, whole) : found.to;
  region.setEnd(to.tail, to.timestamp, to.entries);
  if (region.host.readOnly && window.verified >= from.tail) {
    // Behind its end a region may yet get other bytes.
    window.verified = window.verified === from.tail ? to.tail : Math.min(window.verified, to.tail);
  }
  return to === found.to;
}

/** Where the first part begins that is newer than `whole`. */
function endBeforePart({ window, from, to }: Found, whole: number): End {
  let end: End | undefined;
  let { timestamp, entries } = from;
  eachEntry(window, from.tail, to.tail, (entry) => {
    if (end !== undefined) return;
    if (entry.isPart && entry.timestamp > whole) end = { tail: entry.position, timestamp, entries };
    timestamp = entry.timestamp;
    entries++;
  });
  return end ?? to;
}

/** True if an entry may have come behind the region's end: a look at one header, before more is read. */
export function mayHaveMore(region: RegionLog): boolean {
  const { extent, tail, length, lastTimestamp } = region;
  if (tail + ENTRY.header > length) return false;
  const window = extent.read(tail, ENTRY.header, Math.min(length, tail + GLIMPSE));
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  return next <= length && isPlausible(window, tail, lastTimestamp, TIMESTAMP_END);
}

/** A window that holds the whole of what may be the next entry. */
function windowBehind(
  { extent, length }: RegionLog,
  { tail, timestamp }: End,
  below: number,
): Window | undefined {
  if (tail + ENTRY.header > length) return undefined;
  const window = extent.read(tail, ENTRY.header, length);
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  if (next > length || !isPlausible(window, tail, timestamp, below)) return undefined;
  return next <= window.end ? window : extent.read(tail, next - tail, length);
}

/** Looks at the header alone, before a large payload is read for the sake of what may be rubbish. */
function isPlausible(window: Window, position: number, after: number, below: number): boolean {
  const timestamp = timestampAt(window.words, (position - window.start) / 4);
  return timestamp >= after && timestamp < below;
}
