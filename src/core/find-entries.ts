import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, TIMESTAMP_END } from '../format/layout.js';
import { type Timestamps, timestampsIn } from '../format/seek.js';
import type { Walk } from '../format/walk.js';
import type { Extent } from '../media/medium.js';
import { Verified } from '../media/verified.js';
import { Window } from '../media/window.js';
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
export interface Found extends Timestamps {
  readonly window: Window;
  readonly from: End;
  readonly to: End;
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
 * @param memory where windows are copies: what is found stands in it, and is good until it is used again
 * @returns undefined if there are none
 */
export function lookBehind(
  region: RegionLog,
  from: End,
  below: number,
  memory?: Uint8Array,
): Found | undefined {
  const window = windowBehind(region, from, below, memory);
  if (window === undefined) return undefined;
  const { tail } = from;
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  // Where another process writes, what stands there may have changed since the window was chosen.
  const limit = Math.min(window.end, Math.max(next, tail + PORTION));
  const walk = region.host.kernel.walk(window, tail, limit, region.seed, from.timestamp, below);
  if (walk.end === tail) return undefined;
  const to = { tail: walk.end, timestamp: walk.timestamp, entries: from.entries + walk.entries };
  return { window, from, to, ...timestampsOf(window, tail, walk), certified: walk.certified };
}

/** The timestamps that a walk from `from` on has met. Where none is missing between the first and the last of them, nothing is looked at again. */
function timestampsOf({ words, start }: Window, from: number, walk: Walk): Timestamps {
  const { first, timestamp, entries, parts } = walk;
  if (parts === 0 && timestamp - first === entries - 1) {
    return { runs: [first, timestamp], goingOn: [], newestPart: 0 };
  }
  return timestampsIn(words, (from - start) / 4, (walk.end - start) / 4);
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
  if (region.host.readOnly) {
    window.verified ??= new Verified();
    // Behind its end a region may yet get other bytes.
    window.verified.cut(to.tail);
    window.verified.add(from.tail, to.tail);
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
  memory: Uint8Array | undefined,
): Window | undefined {
  if (tail + ENTRY.header > length) return undefined;
  const window = glimpsed(extent, tail, length, memory) ?? extent.read(tail, ENTRY.header, length);
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  if (next > length || !isPlausible(window, tail, timestamp, below)) return undefined;
  return next <= window.end ? window : extent.read(tail, next - tail, length);
}

/** As much of [position, end) as the memory holds; undefined where the usual way is shorter. */
function glimpsed(
  extent: Extent,
  position: number,
  end: number,
  memory: Uint8Array | undefined,
): Window | undefined {
  if (memory === undefined || extent.glimpse === undefined) return undefined;
  // Windows from before may be older than what is found now, and have to be fetched anew.
  extent.rewind();
  const bytes = memory.subarray(0, Math.min(memory.length, end - position));
  return extent.glimpse(position, bytes.length, bytes) ? new Window(bytes, position) : undefined;
}

/** Looks at the header alone, before a large payload is read for the sake of what may be rubbish. */
function isPlausible(window: Window, position: number, after: number, below: number): boolean {
  const timestamp = timestampAt(window.words, (position - window.start) / 4);
  return timestamp >= after && timestamp < below;
}
