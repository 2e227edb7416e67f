import { strideAt, timestampAt } from '../format/entry.js';
import { ENTRY } from '../format/layout.js';
import type { RegionLog } from './region-log.js';
import { Search, type Span } from './search.js';

/** Bytes that are searched behind the ends of all regions together, and at least and at most behind one. */
const BUDGET = { all: 64 * 2 ** 20, least: 64 * 2 ** 10, most: 16 * 2 ** 20 };

/** How far to search behind the end of each of so many regions. Bytes. */
export function reachOf(regions: number): number {
  return Math.min(BUDGET.most, Math.max(BUDGET.least, Math.floor(BUDGET.all / Math.max(1, regions))));
}

/**
 * Searches for valid entries behind the end of a region, where the chain of entries is broken: they are not part of the
 * log, but what they say about what was persisted holds. That tells damage from a torn tail.
 *
 * @param reach bytes to search
 * @returns the greatest timestamp that was persisted, as one of them says; 0 if there are none
 */
export function certifiedBehind(region: RegionLog, reach: number, span: Span): number {
  const { tail, length } = region;
  if (tail + 8 + ENTRY.header > length) return 0;
  const search = new Search(region, tail, Math.min(length, tail + reach), length, { bytes: 4 * reach });
  const near = certifiedIn(region, search, span);
  return near === 0 ? certifiedAfterPayload(region, search, span) : near;
}

/** From the first valid entry on, the chain goes on: each says more than the one before. */
function certifiedIn(region: RegionLog, search: Search, span: Span): number {
  let at = search.next(region.tail + 8, span);
  while (at !== undefined) {
    const { certified, end } = walkFrom(region, at, span);
    if (certified > 0) return certified;
    at = search.next(Math.max(at + 8, end), span);
  }
  return 0;
}

/** If only the payload of the broken entry is damaged, its header says where the next one begins, however far that is. */
function certifiedAfterPayload(region: RegionLog, { window }: Search, span: Span): number {
  const { tail, length } = region;
  const position = tail + strideAt(window.words, (tail - window.start) / 4);
  return position + ENTRY.header > length ? 0 : walkFrom(region, position, span).certified;
}

/** Walks the chain that begins at `position`, as far as one window shows it. */
function walkFrom(region: RegionLog, position: number, span: Span): { certified: number; end: number } {
  const { extent, length, seed, host } = region;
  const window = extent.read(position, ENTRY.header, length);
  const word = (position - window.start) / 4;
  const timestamp = timestampAt(window.words, word);
  const next = position + strideAt(window.words, word);
  if (timestamp <= span.after || timestamp >= span.below || next > length)
    return { certified: 0, end: position };
  const whole = next <= window.end ? window : extent.read(position, next - position, length);
  return host.kernel.walk(whole, position, whole.end, seed, timestamp - 1, span.below);
}
