import { formOf, strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, Form, TIMESTAMP_END } from '../format/layout.js';
import type { Window } from '../media/window.js';
import { corrupt, type Problem } from './problem.js';
import type { RegionLog } from './region-log.js';
import { type Allowance, Search } from './search.js';
import type { Steps } from './steps.js';
import type { StreamCore } from './stream-core.js';

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

/** Bytes that are looked at between two pauses. */
const PORTION = 4 * 2 ** 20;
/** Damaged places that are listed of one region; the others are counted. */
const PLACES_MAX = 1000;

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
  const { size } = core.prefix.header;
  if (core.medium.size > size) {
    const message = `The medium has ${core.medium.size} bytes, the stream only ${size}: something was added behind its end`;
    report.problems.push({ ...corrupt(message), code: 'VARVE_MISMATCH', offset: size });
  }
  if (core.readOnly && core.prefix.state.clean) report.problems.push(...damagedCopies(core));
  const total = regions.reduce((sum, region) => sum + region.sealed, 0);
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
  const limit = region.sealed;
  if (!region.host.medium.retains) return;
  const damage = new Damage(region, limit);
  let after = region.slot.record.birth - 1;
  for (let position = 0; position < limit; ) {
    const window = windowAt(region, position, limit);
    const to = Math.min(limit, Math.max(nextOf(window, position), position + PORTION), window.end);
    const walk = region.host.kernel.walk(window, position, to, region.seed, after, TIMESTAMP_END);
    count(window, position, walk.end, report);
    after = walk.timestamp;
    if (walk.end === position && region.host.isTaken(region)) return;
    const end = walk.end > position ? walk.end : yield* damage.skip(position, after);
    progress(end - position);
    position = end;
    yield 'pause';
  }
  report.problems.push(...damage.problems());
}

/** What is damaged in one region, and where what is good goes on. */
class Damage {
  readonly #region: RegionLog;
  readonly #limit: number;
  readonly #places: Problem[] = [];
  #further = 0;
  #search: Search | undefined;
  readonly #beyond: Allowance;

  constructor(region: RegionLog, limit: number) {
    this.#region = region;
    this.#limit = limit;
    this.#beyond = { bytes: 4 * limit };
  }

  /** Notes the damage at `position` and returns where the next good entry begins, or the limit. */
  *skip(position: number, after: number): Steps<number> {
    const found = yield* this.#nextGood(position + 8, after);
    if (this.#places.length < PLACES_MAX) this.#places.push(this.#describe(position, found, after));
    else this.#further++;
    return found ?? this.#limit;
  }

  /** Not more than can be read, or held in memory, of a region that is all damage. */
  problems(): Problem[] {
    if (this.#further === 0) return this.#places;
    const { id } = this.#region.slot.record;
    const message = `${this.#further} further places of region ${id} are damaged`;
    return [...this.#places, corrupt(message, { region: id })];
  }

  *#nextGood(from: number, after: number): Steps<number | undefined> {
    const span = { after, below: this.#region.lastTimestamp + 1 };
    for (let position = from; position + ENTRY.header <= this.#limit; ) {
      const search = this.#searchAt(position);
      const found = search.next(position, span);
      if (found !== undefined) return found;
      // The last header that begins in the piece does not end there.
      position = Math.max(position + 8, search.to - ENTRY.header + 8);
      yield 'pause';
    }
    return undefined;
  }

  #searchAt(position: number): Search {
    const known = this.#search;
    if (known !== undefined && position >= known.from && position + ENTRY.header <= known.to) return known;
    const to = Math.min(this.#limit, position + PORTION);
    this.#search = new Search(this.#region, position, to, this.#limit, this.#beyond);
    return this.#search;
  }

  #describe(position: number, found: number | undefined, after: number): Problem {
    const { id } = this.#region.slot.record;
    const lost = found === undefined ? 'to the end of the region' : `up to offset ${found}`;
    const message = `The entry at offset ${position} of region ${id} is damaged; nothing can be read from there ${lost}`;
    const timestamp = plausibleTimestamp(this.#region, position, this.#limit, after);
    return corrupt(message, { region: id, offset: position, timestamp });
  }
}

/** The timestamp that a damaged entry's header names, if it can be right. */
function plausibleTimestamp(
  region: RegionLog,
  position: number,
  limit: number,
  after: number,
): number | undefined {
  const window = windowAt(region, position, limit);
  const timestamp = timestampAt(window.words, (position - window.start) / 4);
  return timestamp > after && timestamp <= region.lastTimestamp ? timestamp : undefined;
}

/** A window with at least the header at `position`, and the whole entry if its length makes sense. */
function windowAt(region: RegionLog, position: number, limit: number): Window {
  const length = Math.min(ENTRY.header, limit - position);
  const window = region.extent.read(position, length, limit);
  if (length < ENTRY.header) return window;
  const next = nextOf(window, position);
  return next <= window.end || next > limit ? window : region.extent.read(position, next - position, limit);
}

function nextOf(window: Window, position: number): number {
  return position + strideAt(window.words, (position - window.start) / 4);
}

function count(window: Window, from: number, to: number, report: CheckReport): void {
  for (let at = from; at < to; at = nextOf(window, at)) {
    const word = (at - window.start) / 4;
    if (formOf(window.words[word + ENTRY.highWord] as number) === Form.filler) continue;
    report.entries++;
    report.bytes += window.words[word] as number;
  }
}
