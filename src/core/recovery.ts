import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, TIMESTAMP_SUPPLY } from '../format/layout.js';
import type { StreamState } from '../format/state.js';
import type { Window } from '../media/window.js';
import { certifiedBehind, reachOf } from './certificates.js';
import { eachEntry } from './each-entry.js';
import { findShortRegions, placeMissing } from './missing.js';
import type { Problem } from './problem.js';
import type { RegionLog } from './region-log.js';
import type { Steps } from './steps.js';

/** Bytes that are looked at between two pauses. */
const PORTION = 16 * 2 ** 20;
/** Timestamps that most recoveries get along with. */
const FEW = 512;

/** Which of the timestamps between checkpoint and limit were found. */
class Census {
  readonly #base: number;
  /** By distance from the checkpoint; as long as it had to be. */
  #found = new Uint8Array(FEW);
  /** Everything up to here was persisted, as some valid entry says. */
  certified: number;
  /** The greatest timestamp found. */
  newest = 0;

  constructor(state: StreamState) {
    this.#base = state.checkpoint;
    this.certified = state.checkpoint;
  }

  note(timestamp: number): void {
    this.newest = Math.max(this.newest, timestamp);
    const distance = timestamp - this.#base;
    if (distance <= 0) return;
    if (distance >= this.#found.length) this.#makeRoom();
    this.#found[distance] = 1;
  }

  /** The timestamps at or below `limit` that should have been found and were not. */
  missing(limit: number): number[] {
    const missing: number[] = [];
    for (let i = 1; i <= limit - this.#base; i++) if (this.#found[i] !== 1) missing.push(this.#base + i);
    return missing;
  }

  #makeRoom(): void {
    const all = new Uint8Array(TIMESTAMP_SUPPLY + 2);
    all.set(this.#found);
    this.#found = all;
  }
}

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
 * @param progress called with bytes looked at
 */
export function* recover(
  state: StreamState,
  regions: readonly RegionLog[],
  progress: (bytes: number) => void,
): Steps<Findings> {
  const census = new Census(state);
  for (const region of regions) yield* scanTail(region, census, state.limit, progress);
  const short = findShortRegions(regions);
  const span = { after: state.checkpoint, below: state.limit };
  for (const region of regions) {
    census.certified = Math.max(census.certified, certifiedBehind(region, reachOf(regions.length), span));
    yield 'pause';
  }
  const { certified, newest } = census;
  if (census.missing(certified).length === 0) return { newest, problem: short };
  // A writer may be at work, if this is a reader: what was certified above was there before, so a second look must find it.
  for (const region of regions) yield* scanTail(region, census, state.limit, progress);
  const missing = census.missing(certified);
  if (missing.length === 0) return { newest: census.newest, problem: short };
  const placed = placeMissing(missing, regions, span);
  return { newest: census.newest, problem: short ?? placed };
}

function* scanTail(
  region: RegionLog,
  census: Census,
  limit: number,
  progress: (bytes: number) => void,
): Steps<void> {
  region.extent.rewind();
  for (;;) {
    const from = region.tail;
    const window = extendTail(region, limit, census);
    if (window === undefined) return;
    eachEntry(window, from, region.tail, (timestamp) => census.note(timestamp));
    progress(region.tail - from);
    yield 'pause';
  }
}

/**
 * Looks for valid entries behind the region's end, and moves the end behind them.
 *
 * @param below no entry may reach this timestamp
 * @returns the window they stand in; undefined if there are none
 */
export function extendTail(
  region: RegionLog,
  below: number,
  census?: { certified: number },
): Window | undefined {
  const { tail, lastTimestamp, seed } = region;
  const window = windowBehind(region, below);
  if (window === undefined) return undefined;
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  // Where another process writes, what stands there may have changed since the window was chosen.
  const to = Math.min(window.end, Math.max(next, tail + PORTION));
  const walk = region.host.kernel.walk(window, tail, to, seed, lastTimestamp, below);
  if (walk.end === tail) return undefined;
  if (census !== undefined) census.certified = Math.max(census.certified, walk.certified);
  region.setEnd(walk.end, walk.timestamp, region.entries + walk.entries);
  return window;
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
