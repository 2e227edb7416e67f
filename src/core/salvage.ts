import { formOf, timestampAt } from '../format/entry.js';
import { ENTRY, Form, TIMESTAMP_END } from '../format/layout.js';
import type { StreamState } from '../format/state.js';
import type { Window } from '../media/window.js';
import { eachEntry } from './each-entry.js';
import { loss, type Missing, type MissingRange } from './loss.js';
import type { Mended } from './mended.js';
import type { RegionLog } from './region-log.js';
import type { Range } from './scanner.js';
import type { Steps } from './steps.js';
import type { StreamCore } from './stream-core.js';
import { type Piece, Survey } from './survey.js';

/** Places that a message names; the others are in the list only. */
const PLACES = 3;

/** Whole entries and fillers, one behind the other, in [from, to) of a region. */
export interface Stretch {
  from: number;
  to: number;
}

/** What is whole in a region. */
export interface Remains {
  readonly region: RegionLog;
  readonly stretches: readonly Stretch[];
}

/** What a salvage found, and what it did not. */
export interface Salvaged {
  readonly remains: readonly Remains[];
  readonly missing: readonly Missing[];
}

/** What is known of a stream before its regions are looked at. */
interface Case {
  /** False if regions end where opening says: the stream was closed, or recovery has found nothing amiss. */
  readonly doubtful: boolean;
  /** Bytes of the medium. */
  readonly length: number;
  /** Undefined if nobody knows it. */
  readonly state: StreamState | undefined;
}

/**
 * Finds everything whole in a stream that was opened read-only, also behind damage, and says what is not. It changes nothing.
 *
 * @param mended what had to be done that it could be opened
 * @param progress called with bytes looked at
 */
export function* salvage(
  core: StreamCore,
  mended: Mended | undefined,
  progress: (done: number, total: number) => void,
): Steps<Salvaged> {
  const state = mended === undefined ? core.prefix.state : mended.state;
  const { clean = false } = state ?? {};
  const doubtful = !clean && (mended !== undefined || core.damage !== undefined);
  const known: Case = { doubtful, length: mended?.length ?? core.medium.size, state };
  const missing = [...(mended?.missing ?? []), ...tableLosses(core)];
  const digs: Dig[] = [];
  const total = core.prefix.size;
  let done = 0;
  for (const region of core.regions.values()) {
    const dig = new Dig(region, known);
    yield* dig.run((bytes) => {
      done += bytes;
      progress(done, total);
    });
    if (dig.ranges.length > 0) missing.push(entriesLost(dig));
    digs.push(dig);
  }
  if (doubtful && state !== undefined) missing.push(...timestampsLost(core, state, digs));
  return { remains: digs, missing };
}

/** Goes through one region. */
class Dig implements Remains {
  readonly region: RegionLog;
  readonly stretches: Stretch[] = [];
  readonly ranges: MissingRange[] = [];
  /** Entries that were there for certain, and are not; undefined if nobody knows how many there were. */
  lost: number | undefined;
  /** Whole entries with timestamps above the stream's checkpoint. */
  recent = 0;
  /** Timestamp of the last whole entry. */
  newest: number;
  /** True if the search passed something over that would have taken too long. */
  gaveUp = false;
  readonly #known: Case;
  #entries = 0;
  /** Everything before this is in a stretch or in a range. */
  #end = 0;

  constructor(region: RegionLog, known: Case) {
    this.region = region;
    this.newest = region.slot.record.birth - 1;
    this.#known = known;
  }

  /** Everything up to the certain end must be there; behind it only what is followed by something whole. */
  *run(progress: (bytes: number) => void): Steps<void> {
    const { region } = this;
    const { state, doubtful, length } = this.#known;
    const { record } = region.slot;
    const there = Math.max(0, Math.min(record.length, length - record.offset));
    const certain = Math.max(region.tail, region.certainTail);
    const newest = certain === region.tail ? region.lastTimestamp : TIMESTAMP_END - 1;
    const whole = { after: this.newest, newest };
    yield* this.#search(0, Math.min(certain, there), whole, progress);
    if (this.#end < certain) this.#miss(certain, undefined);
    if (certain === region.tail) this.lost = region.entries - this.#entries;
    if (!doubtful) return;
    const behind = {
      after: Math.max(this.newest, state?.checkpoint ?? 0),
      newest: (state?.limit ?? TIMESTAMP_END) - 1,
    };
    yield* this.#search(certain, there, behind, progress);
    const { damage } = region;
    if (damage?.region === record.id && damage.offset === this.#end) this.#miss(there, undefined);
  }

  *#search(from: number, limit: number, range: Range, progress: (bytes: number) => void): Steps<void> {
    const survey = new Survey(this.region, from, limit, range);
    for (let piece = yield* survey.next(); piece !== undefined; piece = yield* survey.next()) {
      if (piece.good) this.#take(piece);
      progress(piece.to - piece.from);
    }
    this.gaveUp ||= survey.gaveUp;
  }

  #take({ window, from, to }: Piece): void {
    if (from > this.#end) this.#miss(from, firstBehind(window, from));
    eachEntry(window, from, to, ({ timestamp }) => this.#count(timestamp));
    const last = this.stretches.at(-1);
    if (last?.to === from) last.to = to;
    else this.stretches.push({ from, to });
    this.#end = to;
  }

  #count(timestamp: number): void {
    this.#entries++;
    this.newest = timestamp;
    if (timestamp > (this.#known.state?.checkpoint ?? 0)) this.recent++;
  }

  #miss(to: number, before: number | undefined): void {
    this.ranges.push({ from: this.#end, to, after: this.newest, before });
    this.#end = to;
  }
}

/** A timestamp that what comes before `position` is below: a filler there has the last one that was given out before it. */
function firstBehind({ words, start }: Window, position: number): number {
  const word = (position - start) / 4;
  const timestamp = timestampAt(words, word);
  return formOf(words[word + ENTRY.highWord] as number) === Form.filler ? timestamp + 1 : timestamp;
}

/** What is wrong with the table, in the words of a salvage. */
function tableLosses({ table, regions }: StreamCore): Missing[] {
  return table.problems.map(({ message, region }) => {
    const slot = region === undefined ? undefined : regions.get(region)?.slot;
    const nameless = slot !== undefined && slot.name === undefined && slot.record.nameLength > 0;
    if (nameless) return loss('name', `${message}: it has none in what is salvaged`, { region });
    return loss('region', `${message}: whatever it said is missing, perhaps with entries`, { region });
  });
}

function entriesLost({ region, ranges, lost, gaveUp }: Dig): Missing {
  const { id } = region.slot.record;
  const count = lost === undefined || lost === 0 ? 'Entries' : lost === 1 ? '1 entry' : `${lost} entries`;
  const places = ranges.slice(0, PLACES).map(place).join('; ');
  const more = ranges.length > PLACES ? `; and ${ranges.length - PLACES} further places` : '';
  const search = gaveUp ? '. Not every place was tried that could be the beginning of an entry' : '';
  const message = `${count} of region ${id} missing: ${places}${more}${search}`;
  return loss('entries', message, { region: id, ranges, entries: lost === 0 ? undefined : lost });
}

function place({ from, to, after, before }: MissingRange): string {
  const until = before === undefined ? '' : ` and before ${before}`;
  return `bytes ${from} to ${to}, timestamps after ${after}${until}`;
}

/** Between checkpoint and limit each timestamp was given to exactly one entry: what is not found is missing. */
function timestampsLost(
  { damage }: StreamCore,
  { checkpoint }: StreamState,
  digs: readonly Dig[],
): Missing[] {
  const newest = digs.reduce((most, dig) => Math.max(most, dig.newest), damage?.timestamp ?? 0);
  const entries = newest - checkpoint - digs.reduce((sum, { recent }) => sum + recent, 0);
  if (entries <= 0) return [];
  const message = `Of the entries with timestamps ${checkpoint + 1} to ${newest}, ${entries} are in no region`;
  return [loss('timestamps', message, { entries })];
}
