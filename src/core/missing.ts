import { timestampAt } from '../format/entry.js';
import { ENTRY } from '../format/layout.js';
import { chainsBehind, reachOf } from './certificates.js';
import { eachEntry } from './each-entry.js';
import { corrupt, type Problem } from './problem.js';
import type { RegionLog } from './region-log.js';
import type { Span } from './search.js';

const STILL_SERVED = 'Opened read-only, the stream serves what is whole';

/** Notes in each region that ends before its newest mark that it is damaged there: what was there was durable before that mark was written. */
export function findShortRegions(regions: readonly RegionLog[]): Problem | undefined {
  let first: Problem | undefined;
  for (const region of regions) {
    const { tail, certainTail, slot } = region;
    if (tail >= certainTail) continue;
    const { id } = slot.record;
    region.damage = corrupt(
      `The entry at offset ${tail} of region ${id} is damaged: everything up to offset ${certainTail} had been persisted. ` +
        STILL_SERVED,
      { region: id, offset: tail },
    );
    first ??= region.damage;
  }
  return first;
}

/**
 * Finds out which regions the entries belong to that were persisted and are missing, and notes the damage in each of them: a region
 * behind whose end valid entries stand; one whose next header bears a missing timestamp; and where neither tells, every region that may have ended in it.
 *
 * @param missing their timestamps, rising; at least one
 * @returns the damage as a whole
 */
export function placeMissing(missing: readonly number[], regions: readonly RegionLog[], span: Span): Problem {
  const open = regions.filter((region) => region.tail + ENTRY.header <= region.length);
  const unexplained = new Set(missing);
  const holed = open.filter((region) => hasHole(region, reachOf(regions.length), span, unexplained));
  for (const region of open) {
    const timestamp = headerTimestamp(region);
    if (unexplained.delete(timestamp)) region.damage ??= damaged(timestamp, region);
  }
  if (unexplained.size > 0) blame(open, [...unexplained]);
  for (const region of holed) region.damage ??= damaged(undefined, region);
  const told = regions.flatMap(({ damage }) => damage ?? []);
  return told.find(({ timestamp }) => timestamp === missing[0]) ?? told[0] ?? damaged(missing[0], undefined);
}

/** True if there are entries behind the region's end that should have been found; they are explained by that. */
function hasHole(region: RegionLog, reach: number, span: Span, unexplained: Set<number>): boolean {
  let found = false;
  for (const { window, from, end } of chainsBehind(region, reach, span)) {
    eachEntry(window, from, end, ({ timestamp }) => {
      found = unexplained.delete(timestamp) || found;
    });
  }
  return found;
}

/** Nobody knows whose they were: each region that ends before the last of them may lack one. */
function blame(open: readonly RegionLog[], timestamps: readonly number[]): void {
  const last = timestamps.at(-1) as number;
  const suspects = open.filter((region) => region.lastTimestamp < last);
  const only = suspects.length === 1 ? suspects[0] : undefined;
  for (const region of suspects) region.damage ??= damaged(timestamps[0], only);
}

function damaged(timestamp: number | undefined, region: RegionLog | undefined): Problem {
  const place = region === undefined ? {} : { region: region.slot.record.id, offset: region.tail };
  const where = region === undefined ? '' : `region ${place.region}, offset ${place.offset}`;
  const what =
    timestamp === undefined
      ? `An entry (${where})`
      : `The entry with timestamp ${timestamp}${where === '' ? '' : ` (${where})`}`;
  return corrupt(`${what} is damaged: it was acknowledged as persisted before the crash. ${STILL_SERVED}`, {
    ...place,
    ...(timestamp === undefined ? {} : { timestamp }),
  });
}

function headerTimestamp(region: RegionLog): number {
  const window = region.extent.read(region.tail, ENTRY.header, region.length);
  return timestampAt(window.words, (region.tail - window.start) / 4);
}
