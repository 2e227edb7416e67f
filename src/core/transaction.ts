import { lastPartWord, partWord, strideOf } from '../format/entry.js';
import { ENTRY, Form, TIMESTAMP_SUPPLY } from '../format/layout.js';
import type { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';
import type { StreamCore } from './stream-core.js';

/** The most entries of a transaction: as many timestamps are supplied at a time. */
export const PARTS_MAX = TIMESTAMP_SUPPLY;

/** One entry that is to be committed together with others. */
export interface Part {
  readonly region: RegionLog;
  readonly data: Uint8Array;
  /** Nothing is committed unless the region's last entry before the transaction has this timestamp (0: it has none). */
  readonly expectedLast: number | undefined;
}

/** Where a part was stored. */
export interface Placed {
  readonly region: RegionLog;
  readonly window: Window;
  readonly position: number;
  readonly size: number;
}

/** A part that was committed. */
export interface Committed extends Placed {
  readonly timestamp: number;
}

/**
 * Commits entries together: they have consecutive timestamps, and each but the last says that the transaction goes on. Whatever can fail comes before the
 * first of them counts.
 *
 * @throws VARVE_FULL, VARVE_BUSY if a slot is open in one of the regions, VARVE_CONFLICT, and what an append throws; then nothing has happened
 */
export function transact(core: StreamCore, parts: readonly Part[]): Committed[] {
  core.assertWritable();
  const { sharing } = core;
  return sharing === undefined ? transactAlone(core, parts) : sharing.transact(parts);
}

function transactAlone(core: StreamCore, parts: readonly Part[]): Committed[] {
  const ends = new Map<RegionLog, number>();
  for (const part of parts) ends.set(part.region, endBehind(part, ends.get(part.region)));
  const { clock } = core;
  if (clock.last + parts.length >= clock.limit) core.supplyTimestamps(parts.length);
  return commitAll(core, store(parts));
}

/** Returns where the part's region ends with it. */
function endBehind({ region, data, expectedLast }: Part, before: number | undefined): number {
  if (before === undefined) {
    region.assertRoom(data.length);
    region.reservations.assertNone();
  }
  if (expectedLast !== undefined) region.expect(expectedLast);
  const end = (before ?? region.tail) + strideOf(data.length);
  if (end > region.length) throw region.fullBehind(before ?? region.tail, data.length);
  return end;
}

/** Stores the payloads where they will count. */
function store(parts: readonly Part[]): Placed[] {
  const tails = new Map<RegionLog, number>();
  return parts.map(({ region, data }) => {
    const position = tails.get(region) ?? region.tail;
    const end = position + strideOf(data.length);
    tails.set(region, end);
    const window = region.windowFor(position, end);
    region.stop();
    window.bytes.set(data, position - window.start + ENTRY.header);
    return { region, window, position, size: data.length };
  });
}

function commitAll({ clock }: StreamCore, placed: readonly Placed[]): Committed[] {
  const last = clock.last + placed.length;
  return placed.map((each) => {
    const { region, window, position, size } = each;
    if (placed.length === 1)
      return { ...each, timestamp: region.commitAt(window, position, size, Form.entry) };
    const timestamp = clock.last + 1;
    region.commitWith(window, position, size, timestamp, headerOf(timestamp, last, clock.persisted));
    return { ...each, timestamp };
  });
}

/** The last word of a part's header. */
export function headerOf(timestamp: number, last: number, persisted: number): number {
  return timestamp < last ? partWord(timestamp) : lastPartWord(timestamp, timestamp - 1 - persisted);
}
