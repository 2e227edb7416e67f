import { roundUp } from '../base/sizes.js';
import { timestampAt } from '../format/entry.js';
import { eachEntry } from './each-entry.js';
import { corrupt, type Problem } from './problem.js';
import type { RegionLog } from './region-log.js';
import type { Steps } from './steps.js';
import { load } from './storage.js';
import type { StreamCore } from './stream-core.js';
import { type Piece, Survey } from './survey.js';

/** What a check found. */
export interface CheckReport {
  /** True if there are no problems. */
  ok: boolean;
  /** Regions looked at. */
  regions: number;
  /** Good entries. */
  entries: number;
  /** Bytes of their payloads. */
  bytes: number;
  problems: Problem[];
}

/** Damaged places that are listed of one region; the others are counted. */
const PLACES_MAX = 1000;

/** What extents begin at a multiple of. */
const EXTENT_ALIGNMENT = 64;
/** So much is looked at behind the end of the stream: whatever was added begins there. */
const BEHIND_MAX = 2 ** 16;

/** Reads every byte of a stream that is meant to mean something. It changes nothing. */
export function* check(
  core: StreamCore,
  progress: (done: number, total: number) => void,
): Steps<CheckReport> {
  const regions = [...core.regions.values()];
  const report: CheckReport = {
    ok: true,
    regions: regions.length,
    entries: 0,
    bytes: 0,
    problems: [...core.table.problems],
  };
  if (core.damage !== undefined) report.problems.push(core.damage);
  report.problems.push(...addedBehind(core));
  if (core.readOnly && core.prefix.state.clean) report.problems.push(...damagedCopies(core));
  const total = regions.reduce((sum, region) => sum + region.appender.sealed, 0);
  let done = 0;
  for (const region of regions) {
    yield* checkRegion(region, report, (bytes) => {
      done += bytes;
      progress(done, total);
    });
  }
  report.ok = report.problems.length === 0;
  return report;
}

/**
 * What stands behind the end of the stream. A medium that is only longer is none of it: a crash in the midst of a growth leaves that, and nobody
 * had stored anything there.
 */
function addedBehind(core: StreamCore): Problem[] {
  if (isBlankBehind(core)) return [];
  // The writer of another process may just have grown the stream.
  core.others.refresh();
  if (isBlankBehind(core)) return [];
  const { size } = core.prefix;
  const message = `The medium has ${core.medium.size} bytes, the stream only ${size}: something was added behind its end`;
  return [{ ...corrupt(message), code: 'VARVE_MISMATCH', offset: size }];
}

function isBlankBehind({ medium, prefix }: StreamCore): boolean {
  const from = roundUp(prefix.size, EXTENT_ALIGNMENT);
  const length = Math.min(medium.size - from, BEHIND_MAX);
  if (length <= 0 || !medium.retains) return true;
  const extent = medium.open(from, length, 'random');
  const blank = load(extent, 0, length).every((byte) => byte === 0);
  extent.release();
  return blank;
}

/** What stands twice and is good once. Opening for writing repairs it, and a crash may leave it while something is being written. */
function damagedCopies({ prefix, table }: StreamCore): Problem[] {
  const problems: Problem[] = [];
  if (prefix.damaged)
    problems.push(
      corrupt('One of two copies of the header or state is damaged; the other counts', { offset: 0 }),
    );
  if (table.damagedCopies > 0) {
    problems.push(
      corrupt(`${table.damagedCopies} records of the region table have one damaged copy; the others count`),
    );
  }
  return problems;
}

function* checkRegion(
  region: RegionLog,
  report: CheckReport,
  progress: (bytes: number) => void,
): Steps<void> {
  const { life } = region;
  if (!region.host.medium.retains) return;
  const limit = limitOf(region);
  const damage = new Damage(region, limit);
  const before = region.slot.record.birth - 1;
  const survey = new Survey(region, 0, limit, { after: before, newest: region.lastTimestamp });
  for (;;) {
    const { after } = survey;
    const piece = yield* survey.next();
    if (piece === undefined) break;
    // What follows may be another region's, or the next life's.
    if (region.life !== life || (!piece.good && region.presence.isOver(life))) return;
    if (piece.good) count(piece, report);
    else damage.note(piece, after);
    progress(piece.to - piece.from);
  }
  report.problems.push(...damage.problems());
}

/** Up to where the entries have checksums, which other threads may have stored. */
function limitOf(region: RegionLog): number {
  const { sealed } = region.appender;
  if (region.appender === region) return sealed;
  // What is sealed may not count yet.
  region.catchUp();
  return Math.min(sealed, region.tail);
}

/** What is damaged in one region. */
class Damage {
  readonly #region: RegionLog;
  readonly #places: Problem[] = [];
  readonly #limit: number;
  #further = 0;

  constructor(region: RegionLog, limit: number) {
    this.#region = region;
    this.#limit = limit;
  }

  /** Notes a damaged piece behind an entry with the timestamp `after`. */
  note(piece: Piece, after: number): void {
    if (this.#places.length < PLACES_MAX) this.#places.push(this.#describe(piece, after));
    else this.#further++;
  }

  /** Not more than can be read, or held in memory, of a region that is all damage. */
  problems(): Problem[] {
    if (this.#further === 0) return this.#places;
    const { id } = this.#region.slot.record;
    const message = `${this.#further} further places of region ${id} are damaged`;
    return [...this.#places, corrupt(message, { region: id })];
  }

  #describe({ from, to, window }: Piece, after: number): Problem {
    const { slot, lastTimestamp } = this.#region;
    const { id } = slot.record;
    const lost = to === this.#limit ? 'to the end of the region' : `up to offset ${to}`;
    const message = `The entry at offset ${from} of region ${id} is damaged; nothing can be read from there ${lost}`;
    const named = timestampAt(window.words, (from - window.start) / 4);
    const timestamp = named > after && named <= lastTimestamp ? named : undefined;
    return corrupt(message, { region: id, offset: from, timestamp });
  }
}

function count({ window, from, to }: Piece, report: CheckReport): void {
  eachEntry(window, from, to, ({ size }) => {
    report.entries++;
    report.bytes += size;
  });
}
