import { timestampAt } from '../format/entry.js';
import { firstNotBefore, lastBefore } from '../format/seek.js';
import type { Window } from '../media/window.js';
import { LogCursor } from './cursor.js';
import type { RegionLog } from './region-log.js';
import { scan } from './scanner.js';

/** Where an entry stands. */
export interface Place {
  readonly window: Window;
  readonly position: number;
  readonly size: number;
}

/** The entry with this timestamp, if the region has it. */
export function find(region: RegionLog, timestamp: number): Place | undefined {
  if (timestamp < region.slot.record.birth) return undefined;
  if (region.extent.glimpse !== undefined && !isAhead(region, timestamp)) {
    const place = region.host.pieces.find(region, timestamp);
    // Whether that was still this region's is asked by whoever makes an entry of it.
    if (region.host.beside) region.presence.doubt();
    if (place !== undefined) return place;
  }
  const { window, position } = walkTo(region, timestamp);
  if (window === undefined) return undefined;
  const word = (position - window.start) >>> 2;
  if (timestampAt(window.words, word) !== timestamp) return undefined;
  return { window, position, size: window.words[word] as number };
}

/** A cursor whose first entry is the first one with `from` or a later timestamp. */
export function cursorFrom(region: RegionLog, from: number): LogCursor {
  if (from < region.slot.record.birth) return new LogCursor(region);
  if (isAhead(region, from)) return new LogCursor(region, region.tail);
  return new LogCursor(region, walkTo(region, from).position);
}

/** Where a walk has ended: in no window if it is the end of all entries. */
interface Stop {
  readonly window: Window | undefined;
  readonly position: number;
}

/** Walks to the first entry with `timestamp` or a later one. There is no cursor between: it is done for single entries, and passes dozens for each. */
function walkTo(region: RegionLog, timestamp: number): Stop {
  const { life, host, presence } = region;
  let after = region.slot.record.birth - 1;
  let position = isAhead(region, timestamp) ? region.tail : region.index.seek(timestamp);
  while (region.reaches(position)) {
    const { window, end } = scan(region, position, after);
    const { words, start } = window;
    if (host.beside) presence.doubt();
    const last = (end - start) >>> 2;
    const word = firstNotBefore(words, (position - start) >>> 2, last, timestamp);
    // What was read counts if the region is still there afterwards.
    if (host.beside) presence.assertStill(life);
    if (word < last) return { window, position: start + 4 * word };
    after = lastBefore(words, (position - start) >>> 2, last, after);
    position = end;
  }
  return { window: undefined, position };
}

/** True if the region has no such entry yet, nor a later one. Beside others there may be more than this process knows of. */
function isAhead(region: RegionLog, timestamp: number): boolean {
  return timestamp > region.lastTimestamp && !region.host.beside;
}
