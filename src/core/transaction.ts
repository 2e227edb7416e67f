import { lastPartWord, partWord } from '../format/entry.js';
import { ENTRY, Form, TIMESTAMP_SUPPLY } from '../format/layout.js';
import { Window } from '../media/window.js';
import { fullBehind } from './append-errors.js';
import { commitAt } from './commit-placed.js';
import type { RegionLog } from './region-log.js';
import type { StreamCore } from './stream-core.js';

/** Before it is known. */
const NOWHERE = new Window(new Uint8Array(0), 0);

/** Constants of this module, as imported ones are loaded anew each time. */
const { header: HEADER, lowWord: LOW, highWord: HIGH } = ENTRY;
const WORD = 2 ** 32;
/** The last word of the header of all parts but the last one, as long as the timestamp is that low. */
const GOES_ON = partWord(0) | 0;

/** The most entries of a transaction: as many timestamps are supplied at a time. */
export const PARTS_MAX = TIMESTAMP_SUPPLY;

/** The region that parts of a transaction go to. There is one of them for a region. */
export interface Target {
  readonly region: RegionLog;
  /** Where the next part will stand; 0 as long as none has a place. */
  end: number;
}

/** One entry that is to be committed together with others; then where it is. */
export interface Part {
  readonly target: Target;
  readonly data: Uint8Array;
  readonly size: number;
  /** Bytes from the entry's beginning to that of the next one. */
  readonly stride: number;
  /** Nothing is committed unless the region's last entry before the transaction has this timestamp (0: it has none). */
  expectedLast: number | undefined;
  window: Window;
  position: number;
  timestamp: number;
}

/** A part without a place. No class, as the compiler makes a literal where it stands. */
export function partOf(target: Target, data: Uint8Array, expectedLast: number | undefined): Part {
  const size = data.length;
  const stride = HEADER + size + (-size & 7);
  return { target, data, size, stride, expectedLast, window: NOWHERE, position: 0, timestamp: 0 };
}

/** Stores the payload where it will count. */
export function storeAt(part: Part, window: Window, position: number): void {
  part.window = window;
  part.position = position;
  window.bytes.set(part.data, position - window.start + HEADER);
}

/**
 * Commits entries together: they have consecutive timestamps, and each but the last says that the transaction goes on. Whatever can fail comes before the
 * first of them counts.
 *
 * @param waits true to block as long as other threads have slots open in one of the regions; else that is `VARVE_BUSY`, too
 * @throws VARVE_FULL, VARVE_BUSY if a slot is open in one of the regions, VARVE_CONFLICT, and what an append throws; then nothing has happened
 */
export function transact(core: StreamCore, parts: readonly Part[], waits: boolean): void {
  core.assertWritable();
  const { sharing } = core;
  if (sharing === undefined) transactAlone(core, parts);
  else sharing.transact(parts, waits);
}

function transactAlone(core: StreamCore, parts: readonly Part[]): void {
  const { clock } = core;
  for (let i = 0; i < parts.length; i++) place(parts[i] as Part);
  if (clock.last + parts.length >= clock.limit) core.supplyTimestamps(parts.length);
  for (let i = 0; i < parts.length; i++) store(parts[i] as Part);
  commitAll(core, parts);
}

/** Finds out where a part will stand: behind those before it that go to its region. */
function place(part: Part): void {
  const { target, size, expectedLast } = part;
  const { region } = target;
  if (target.end === 0) {
    region.makeRoom(size);
    region.reservations.assertNone();
    target.end = region.tail;
  }
  if (expectedLast !== undefined) region.expect(expectedLast);
  const position = target.end;
  const end = position + part.stride;
  if (end > region.length) throw fullBehind(region, position, size);
  part.position = position;
  target.end = end;
}

function store(part: Part): void {
  const { region } = part.target;
  const window = region.windowFor(part.position, part.position + part.stride);
  region.stop();
  storeAt(part, window, part.position);
}

function commitAll({ clock }: StreamCore, parts: readonly Part[]): void {
  const count = parts.length;
  if (count === 1) {
    const only = parts[0] as Part;
    only.timestamp = commitAt(only.target.region, only.window, only.position, only.size, Form.entry);
    return;
  }
  const { persisted, last } = clock;
  for (let i = 0; i < count; i++) {
    const timestamp = last + 1 + i;
    commit(parts[i] as Part, timestamp, headerOf(timestamp, last + count, persisted));
  }
}

function commit(part: Part, timestamp: number, high: number): void {
  const { window, position } = part;
  const { region } = part.target;
  const { words } = window;
  const word = (position - window.start) >>> 2;
  part.timestamp = timestamp;
  words[word] = part.size;
  words[word + LOW] = timestamp >>> 0;
  words[word + HIGH] = high;
  region.entries++;
  region.committed(position + part.stride, timestamp);
}

/** The last word of a part's header, as a signed number: V8 allocates memory for those from 2^31 on. */
export function headerOf(timestamp: number, last: number, persisted: number): number {
  if (timestamp === last) return lastPartWord(timestamp, timestamp - 1 - persisted) | 0;
  return timestamp < WORD ? GOES_ON : partWord(timestamp) | 0;
}
