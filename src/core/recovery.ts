import type { StreamState } from '../format/state.js';
import type { Census } from './census.js';
import { certifiedBehind, reachOf } from './certificates.js';
import { endOf, lookBehind, takeOver } from './find-entries.js';
import { findShortRegions, placeMissing } from './missing.js';
import type { Problem } from './problem.js';
import type { RegionLog } from './region-log.js';
import type { Steps } from './steps.js';
import { Untouched } from './untouched.js';

/** How many regions are glimpsed at between two pauses. */
const LOOKS_PER_PAUSE = 256;
/** Bytes that are read at a time where windows are copies. */
const AHEAD = 256 * 1024;
/** Where more than this is searched, there are so few regions that each is walked without a look before. Bytes behind the end of each. */
const LOOK_MAX = 64 * 1024;

/** What a recovery found out. */
export interface Findings {
  /** The newest entry; 0 if there is none. */
  newest: number;
  /** Damage to what had been acknowledged; the regions concerned carry it too. */
  problem: Problem | undefined;
  /** Regions that end before a part of a transaction of which something else is missing: it is still there, behind the end. */
  torn: readonly RegionLog[];
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
  const problem = yield* findAll(state, regions, census, progress);
  const torn = yield* dropTorn(regions, state.limit, census.sure);
  // Also of those that end at their marks: those may be newer than the state.
  for (const region of regions) if (region.entries > 0) census.took(region.lastTimestamp);
  return { newest: census.newest, problem, torn };
}

function* findAll(
  state: StreamState,
  regions: readonly RegionLog[],
  census: Census,
  progress: (bytes: number) => void,
): Steps<Problem | undefined> {
  const [first] = regions;
  if (first === undefined) return undefined;
  const span = { after: state.checkpoint, below: state.limit };
  const reach = reachOf(regions.length);
  const untouched = new Untouched(first.host.medium, span, reach);
  const touched = reach > LOOK_MAX ? [...regions] : yield* touchedOf(regions, untouched);
  const scan = { limit: state.limit, memory: new Uint8Array(AHEAD), progress };
  for (const region of touched) yield* scanTail(region, census, scan);
  const short = findShortRegions(regions);
  for (const region of touched) {
    // What lies behind an end is nearly always nothing at all.
    if (region.freed || untouched.includes(region)) continue;
    census.certify(certifiedBehind(region, reach, span));
    yield 'pause';
  }
  const { certified } = census;
  if (census.missing(certified).length === 0) return short;
  // A writer may be at work, if this is a reader: what was certified above was there before, so a second look must find it.
  for (const region of regions) yield* scanTail(region, census, scan);
  const missing = census.missing(certified);
  if (missing.length === 0) return short;
  const there = regions.filter(({ freed }) => !freed);
  const placed = placeMissing(missing, there, span);
  return short ?? placed;
}

/** The regions in which something may have been committed since the checkpoint. */
function* touchedOf(regions: readonly RegionLog[], untouched: Untouched): Steps<RegionLog[]> {
  const touched: RegionLog[] = [];
  for (const [index, region] of regions.entries()) {
    if (!untouched.includes(region)) touched.push(region);
    if (index % LOOKS_PER_PAUSE === 0) yield 'pause';
  }
  return touched;
}

/** How the ends of regions are searched for. */
interface Scan {
  /** No entry may reach this timestamp. */
  readonly limit: number;
  /** What is read into where windows are copies. */
  readonly memory: Uint8Array;
  /** Called with bytes looked at. */
  readonly progress: (bytes: number) => void;
}

function* scanTail(region: RegionLog, census: Census, { limit, memory, progress }: Scan): Steps<void> {
  // Another process may have freed it since the table was read.
  if (region.freed) return;
  const { life } = region;
  region.extent.rewind();
  // Where there is nothing, nothing much is read.
  let ahead: Uint8Array | undefined;
  for (;;) {
    const from = region.tail;
    const found = lookBehind(region, endOf(region), limit, ahead);
    if (found === undefined || (region.presence.moved && region.presence.isOver(life))) return;
    census.note(found);
    takeOver(region, found, Number.POSITIVE_INFINITY);
    progress(region.tail - from);
    ahead = memory;
    yield 'pause';
  }
}

/**
 * A transaction of which something may be missing was never acknowledged: none of it counts, nor what stands behind its parts.
 *
 * @param whole the transactions up to this timestamp are
 */
function* dropTorn(regions: readonly RegionLog[], limit: number, whole: number): Steps<RegionLog[]> {
  const torn: RegionLog[] = [];
  for (const region of regions) {
    if (region.freed || region.lastTimestamp <= whole) continue;
    // What it says now: another process may have cleared the region meanwhile.
    const { tail, timestamp, entries } = region.slot.record.mark;
    region.setEnd(tail, timestamp, entries);
    let found = lookBehind(region, endOf(region), limit);
    while (found !== undefined && takeOver(region, found, whole)) {
      yield 'pause';
      found = lookBehind(region, endOf(region), limit);
    }
    if (found !== undefined) torn.push(region);
  }
  return torn;
}
