import { lastPartWord, partWord, strideOf } from '../format/entry.js';
import { ENTRY, Form, TIMESTAMP_SUPPLY } from '../format/layout.js';
import { Window } from '../media/window.js';
import { fullBehind } from './append-errors.js';
import { commitAt, commitWith } from './commit-placed.js';
import type { RegionLog } from './region-log.js';
import type { StreamCore } from './stream-core.js';

/** Before it is known. */
const NOWHERE = new Window(new Uint8Array(0), 0);

/** As many parts are looked through faster than kept in a map. */
const FEW = 8;

/** The most entries of a transaction: as many timestamps are supplied at a time. */
export const PARTS_MAX = TIMESTAMP_SUPPLY;

/** One entry that is to be committed together with others. */
export interface Part {
  readonly region: RegionLog;
  readonly data: Uint8Array;
  /** Nothing is committed unless the region's last entry before the transaction has this timestamp (0: it has none). */
  readonly expectedLast: number | undefined;
}

/** A part that was committed, and where. */
export interface Committed {
  readonly region: RegionLog;
  readonly window: Window;
  readonly position: number;
  readonly size: number;
  readonly timestamp: number;
}

/** A part on its way. */
export interface Placed extends Committed {
  window: Window;
  timestamp: number;
}

/**
 * Commits entries together: they have consecutive timestamps, and each but the last says that the transaction goes on. Whatever can fail comes before the
 * first of them counts.
 *
 * @param waits true to block as long as other threads have slots open in one of the regions; else that is `VARVE_BUSY`, too
 * @throws VARVE_FULL, VARVE_BUSY if a slot is open in one of the regions, VARVE_CONFLICT, and what an append throws; then nothing has happened
 */
export function transact(core: StreamCore, parts: readonly Part[], waits: boolean): Committed[] {
  core.assertWritable();
  const { sharing } = core;
  return sharing === undefined ? transactAlone(core, parts) : sharing.transact(parts, waits);
}

function transactAlone(core: StreamCore, parts: readonly Part[]): Committed[] {
  const { clock } = core;
  const placed = place(parts);
  if (clock.last + parts.length >= clock.limit) core.supplyTimestamps(parts.length);
  for (let i = 0; i < parts.length; i++) store(parts[i] as Part, placed[i] as Placed);
  commitAll(core, placed);
  return placed;
}

/** Finds out where the parts will stand: one behind the other in each region. */
function place(parts: readonly Part[]): Placed[] {
  const ends = parts.length > FEW ? new Map<RegionLog, number>() : undefined;
  const placed: Placed[] = [];
  for (const part of parts) {
    const { region, data } = part;
    const position = (ends === undefined ? endOf(region, placed) : ends.get(region)) ?? firstPlace(part);
    if (part.expectedLast !== undefined) region.expect(part.expectedLast);
    const end = position + strideOf(data.length);
    if (end > region.length) throw fullBehind(region, position, data.length);
    ends?.set(region, end);
    placed.push({ region, window: NOWHERE, position, size: data.length, timestamp: 0 });
  }
  return placed;
}

/** Where the last part ends that goes to the region; undefined if none does. */
function endOf(region: RegionLog, placed: readonly Placed[]): number | undefined {
  for (let i = placed.length - 1; i >= 0; i--) {
    const before = placed[i] as Placed;
    if (before.region === region) return before.position + strideOf(before.size);
  }
  return undefined;
}

function firstPlace({ region, data }: Part): number {
  region.assertRoom(data.length);
  region.reservations.assertNone();
  return region.tail;
}

/** Stores a payload where it will count. */
function store({ region, data }: Part, placed: Placed): void {
  const { position, size } = placed;
  const window = region.windowFor(position, position + strideOf(size));
  region.stop();
  window.bytes.set(data, position - window.start + ENTRY.header);
  placed.window = window;
}

function commitAll({ clock }: StreamCore, placed: readonly Placed[]): void {
  const [only] = placed;
  if (only !== undefined && placed.length === 1) {
    only.timestamp = commitAt(only.region, only.window, only.position, only.size, Form.entry);
    return;
  }
  const { persisted } = clock;
  const last = clock.last + placed.length;
  for (const each of placed) {
    const timestamp = clock.last + 1;
    each.timestamp = timestamp;
    commitWith(
      each.region,
      each.window,
      each.position,
      each.size,
      timestamp,
      headerOf(timestamp, last, persisted),
    );
  }
}

/** The last word of a part's header. */
export function headerOf(timestamp: number, last: number, persisted: number): number {
  return timestamp < last ? partWord(timestamp) : lastPartWord(timestamp, timestamp - 1 - persisted);
}
