import { VarveError } from '../../base/errors.js';
import { ENTRY } from '../../format/layout.js';
import { LogCursor } from '../cursor.js';
import type { RegionLog } from '../region-log.js';
import { corruptJournal } from './journal-errors.js';
import { decodeRecord, isPosition, type JournalRecord, positionAt } from './journal-record.js';
import { applyChange, type JournalState } from './journal-state.js';

/** How often a reader looks before it gives up on a writer that goes on meanwhile. */
const LOOKS = 8;

/** One region of a journal, as far as it was read: what its records come to. */
export class Fold {
  readonly region: RegionLog;
  readonly state: JournalState;
  /** True if the journal goes on in the other region. */
  ended = false;
  /** Timestamp of the last record that was read. */
  last: number;
  readonly #cursor: LogCursor;

  private constructor(cursor: LogCursor, state: JournalState) {
    this.region = cursor.region;
    this.state = state;
    this.last = cursor.timestamp;
    this.#cursor = cursor;
  }

  /**
   * Reads the snapshot that a region begins with; undefined if nothing stands there.
   *
   * @throws VARVE_CORRUPT, VARVE_MISMATCH; VARVE_REGION_FREED if somebody clears it meanwhile
   */
  static begin(region: RegionLog): Fold | undefined {
    const cursor = new LogCursor(region);
    if (!cursor.next()) return undefined;
    const record = decodeRecord(payload(cursor));
    if (record.kind !== 'snapshot')
      throw corruptJournal(`it begins with a record of the kind ${record.kind}`);
    return new Fold(cursor, record.state);
  }

  /** Takes over a record that this thread, which writes alone, has just appended behind all that was read. */
  appended(record: JournalRecord): void {
    this.#apply(record, this.region.lastTimestamp);
    this.#cursor.passAll();
  }

  /** Reads on to the end. Throws as `begin`. */
  advance(): void {
    while (this.#cursor.next()) this.#apply(recordOf(this.#cursor), this.#cursor.timestamp);
  }

  #apply(record: JournalRecord, timestamp: number): void {
    if (this.ended) throw corruptJournal('it goes on where it should have gone on in its other region');
    if (record.kind === 'snapshot') throw corruptJournal('it has a snapshot in its midst');
    if (record.kind === 'switch') this.ended = true;
    else applyChange(this.state, record);
    this.last = timestamp;
  }
}

/** Positions are read where they stand: most records are. */
function recordOf(cursor: LogCursor): JournalRecord {
  const { window, position, size } = cursor;
  const word = (position - window.start + ENTRY.header) >>> 2;
  if (!isPosition(window.words, word, size)) return decodeRecord(payload(cursor));
  try {
    return positionAt(window.words, word);
  } finally {
    // What seems to make no sense may be another region's by now.
    cursor.assertGood();
  }
}

/** A copy, as beside a writer of another process the bytes are what they seem only if the region is still there afterwards. */
function payload(cursor: LogCursor): Uint8Array {
  const { window, position, size } = cursor;
  const index = position - window.start + ENTRY.header;
  const bytes = window.bytes.slice(index, index + size);
  cursor.assertGood();
  return bytes;
}

/**
 * Reads the newer of the two regions of a journal; undefined if none of them was begun.
 *
 * @throws VARVE_CORRUPT, VARVE_MISMATCH
 */
export function newestFold(regions: readonly RegionLog[]): Fold | undefined {
  for (let looks = 1; ; looks++) {
    try {
      return foldOnce(regions);
    } catch (error) {
      if (looks === LOOKS || !isGone(error)) throw error;
    }
  }
}

function foldOnce(regions: readonly RegionLog[]): Fold | undefined {
  let newest: Fold | undefined;
  for (const region of regions) {
    region.assertUsable();
    const fold = Fold.begin(region);
    if (fold === undefined) continue;
    const { generation } = fold.state;
    if (generation === newest?.state.generation)
      throw corruptJournal(`it has its generation ${generation} twice`);
    if (newest === undefined || generation > newest.state.generation) newest = fold;
  }
  newest?.advance();
  return newest;
}

/** True if what was read is gone, since the journal goes on elsewhere. */
export function isGone(error: unknown): boolean {
  return error instanceof VarveError && error.code === 'VARVE_REGION_FREED';
}
