import { formOf, strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, Form } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';

/** Bytes that are searched behind the ends of all regions together, and at least and at most behind one. */
const BUDGET = { all: 64 * 2 ** 20, least: 64 * 2 ** 10, most: 16 * 2 ** 20 };

/** Which timestamps are of interest: those above `after` and below `below`. */
export interface Span {
  after: number;
  below: number;
}

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
  const { extent, tail, length } = region;
  const from = tail + 8;
  if (from + ENTRY.header > length) return 0;
  const to = Math.min(length, tail + reach);
  const window = extent.read(tail, Math.max(ENTRY.header, to - tail), length);
  const near = certifiedIn(region, window, from, to, span);
  return near === 0 ? certifiedAfterPayload(region, window, span) : near;
}

/** From the first valid entry on, the chain goes on: each says more than the one before. */
function certifiedIn(region: RegionLog, window: Window, from: number, to: number, span: Span): number {
  const { words, start } = window;
  for (let position = from; position + ENTRY.header <= to; position += 8) {
    if (!isWithin(span, timestampAt(words, (position - start) / 4))) continue;
    const certified = certifiedFrom(region, window, position, span);
    if (certified > 0) return certified;
  }
  return 0;
}

/** If only the payload of the broken entry is damaged, its header says where the next one begins, however far that is. */
function certifiedAfterPayload(region: RegionLog, window: Window, span: Span): number {
  const { extent, tail, length } = region;
  const position = tail + strideAt(window.words, (tail - window.start) / 4);
  if (position + ENTRY.header > length) return 0;
  return certifiedFrom(region, extent.read(position, ENTRY.header, length), position, span);
}

function certifiedFrom(region: RegionLog, window: Window, position: number, span: Span): number {
  const word = (position - window.start) / 4;
  const timestamp = timestampAt(window.words, word);
  if (!isWithin(span, timestamp)) return 0;
  const next = position + strideAt(window.words, word);
  if (next > region.length || formOf(window.words[word + ENTRY.highWord] as number) === Form.filler) return 0;
  const whole = next <= window.end ? window : region.extent.read(position, next - position, region.length);
  return region.host.kernel.walk(whole, position, whole.end, region.seed, timestamp - 1, span.below)
    .certified;
}

function isWithin(span: Span, timestamp: number): boolean {
  return timestamp > span.after && timestamp < span.below;
}
