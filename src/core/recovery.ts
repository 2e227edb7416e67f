import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, TIMESTAMP_END } from '../format/layout.js';
import type { StreamState } from '../format/state.js';
import type { Window } from '../media/window.js';
import type { Census } from './census.js';
import { certifiedBehind, reachOf } from './certificates.js';
import { eachEntry } from './each-entry.js';
import { findShortRegions, placeMissing } from './missing.js';
import type { Problem } from './problem.js';
import type { RegionLog } from './region-log.js';
import type { Steps } from './steps.js';

/** Bytes that are looked at between two pauses. */
const PORTION = 16 * 2 ** 20;
/** Bytes that are read to learn whether anything has come. */
const GLIMPSE = 512;
/** What a recovery found out. */
export interface Findings {
  /** The greatest timestamp behind any mark; 0 if there is none. */
  newest: number;
  /** Damage to what had been acknowledged; the regions concerned carry it too. */
  problem: Problem | undefined;
}

/**
 * Finds out where the regions of a stream end that was not closed (docs/format.md, "Recovery"). It changes no byte of the
 * medium: what it finds, it sets in the regions.
 *
 * @param census of the state, with nothing found yet
 * @param progress called with bytes looked at
 */
export function* recover(
  state: StreamState,
  regions: readonly RegionLog[],
  census: Census,
  progress: (bytes: number) => void,
): Steps<Findings> {
  for (const region of regions) yield* scanTail(region, census, state.limit, progress);
  const short = findShortRegions(regions);
  const span = { after: state.checkpoint, below: state.limit };
  for (const region of regions) {
    if (region.freed) continue;
    census.certify(certifiedBehind(region, reachOf(regions.length), span));
    yield 'pause';
  }
  const { certified, newest } = census;
  if (census.missing(certified).length === 0) return { newest, problem: short };
  // A writer may be at work, if this is a reader: what was certified above was there before, so a second look must find it.
  for (const region of regions) yield* scanTail(region, census, state.limit, progress);
  const missing = census.missing(certified);
  if (missing.length === 0) return { newest: census.newest, problem: short };
  const placed = placeMissing(
    missing,
    regions.filter(({ freed }) => !freed),
    span,
  );
  return { newest: census.newest, problem: short ?? placed };
}

function* scanTail(
  region: RegionLog,
  census: Census,
  limit: number,
  progress: (bytes: number) => void,
): Steps<void> {
  // Another process may have freed it since the table was read.
  if (region.freed) return;
  const { life } = region;
  region.extent.rewind();
  for (;;) {
    const from = region.tail;
    const found = findMore(region, limit);
    if (found === undefined || (region.presence.moved && region.presence.isOver(life))) return;
    for (const timestamp of found.timestamps) census.note(timestamp);
    census.certify(found.certified);
    progress(region.tail - from);
    yield 'pause';
  }
}

/** What was found behind the former end of a region. */
interface Found {
  readonly timestamps: readonly number[];
  /** The greatest timestamp that was persisted, as one of the entries says; 0 if none says so. */
  readonly certified: number;
}

/**
 * Looks for valid entries behind the region's end, and moves the end behind them. Where another process may take the region away, what was
 * found counts if it is still there afterwards.
 *
 * @param below no entry may reach this timestamp
 * @returns undefined if there are none
 */
export function findMore(region: RegionLog, below: number): Found | undefined {
  const { tail, lastTimestamp, seed } = region;
  const window = windowBehind(region, below);
  if (window === undefined) return undefined;
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  // Where another process writes, what stands there may have changed since the window was chosen.
  const to = Math.min(window.end, Math.max(next, tail + PORTION));
  const { end, timestamp, entries, certified } = region.host.kernel.walk(
    window,
    tail,
    to,
    seed,
    lastTimestamp,
    below,
  );
  if (end === tail) return undefined;
  const timestamps: number[] = [];
  eachEntry(window, tail, end, (found) => timestamps.push(found));
  region.setEnd(end, timestamp, region.entries + entries);
  if (region.host.readOnly && window.verified === tail) window.verified = end;
  return { timestamps, certified };
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
function windowBehind(region: RegionLog, below: number): Window | undefined {
  const { extent, tail, length, lastTimestamp } = region;
  if (tail + ENTRY.header > length) return undefined;
  const window = extent.read(tail, ENTRY.header, length);
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  if (next > length || !isPlausible(window, tail, lastTimestamp, below)) return undefined;
  return next <= window.end ? window : extent.read(tail, next - tail, length);
}

/** Looks at the header alone, before a large payload is read for the sake of what may be rubbish. */
function isPlausible(window: Window, position: number, after: number, below: number): boolean {
  const timestamp = timestampAt(window.words, (position - window.start) / 4);
  return timestamp >= after && timestamp < below;
}
