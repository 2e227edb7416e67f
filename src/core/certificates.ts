import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';
import { Search, type Span } from './search.js';

/** Bytes that are searched behind the ends of all regions together, and at least and at most behind one. */
const BUDGET = { all: 64 * 2 ** 20, least: 4 * 2 ** 10, most: 16 * 2 ** 20 };

/** How far to search behind the end of each of so many regions. Bytes. */
export function reachOf(regions: number): number {
  return Math.min(BUDGET.most, Math.max(BUDGET.least, Math.floor(BUDGET.all / Math.max(1, regions))));
}

/** Valid entries, one behind the other, where no chain from the region's beginning leads to them. */
export interface Chain {
  readonly window: Window;
  readonly from: number;
  readonly end: number;
  /** The greatest timestamp that was persisted, as one of them says; 0 if none says so. */
  readonly certified: number;
}

/**
 * Searches for valid entries behind the end of a region, where the chain of entries is broken: they are not part of the
 * log, but what they say about what was persisted holds. That tells damage from a torn tail.
 *
 * @param reach bytes to search
 * @returns the greatest timestamp that was persisted, as one of them says; 0 if there are none
 */
export function certifiedBehind(region: RegionLog, reach: number, span: Span): number {
  // From the first valid entry on, each says more than the one before.
  for (const { certified } of chainsBehind(region, reach, span)) if (certified > 0) return certified;
  return 0;
}

/** The chains of valid entries behind the end of a region, as far as `reach`, and what comes behind the broken entry, however long that says it is. */
export function* chainsBehind(region: RegionLog, reach: number, span: Span): Generator<Chain, void, void> {
  const { tail, length } = region;
  if (tail + 8 + ENTRY.header > length) return;
  const search = new Search(region, tail, Math.min(length, tail + reach), length, { bytes: 4 * reach });
  let at = search.next(tail + 8, span);
  while (at !== undefined) {
    const chain = chainAt(region, at, span);
    if (chain !== undefined) yield chain;
    at = search.next(Math.max(at + 8, chain?.end ?? 0), span);
  }
  const { window, to } = search;
  const next = tail + strideAt(window.words, (tail - window.start) / 4);
  if (next < to || next + ENTRY.header > length) return;
  const chain = chainAt(region, next, span);
  if (chain !== undefined) yield chain;
}

/** The chain that begins at `from`, as far as one window shows it. */
function chainAt(region: RegionLog, from: number, span: Span): Chain | undefined {
  const { extent, length, seed, host } = region;
  const header = extent.read(from, ENTRY.header, length);
  const word = (from - header.start) / 4;
  const timestamp = timestampAt(header.words, word);
  const next = from + strideAt(header.words, word);
  if (timestamp <= span.after || timestamp >= span.below || next > length) return undefined;
  const window = next <= header.end ? header : extent.read(from, next - from, length);
  const { certified, end } = host.kernel.walk(window, from, window.end, seed, timestamp - 1, span.below);
  return end === from ? undefined : { window, from, end, certified };
}
