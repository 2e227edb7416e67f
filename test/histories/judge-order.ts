import { groupBy } from './groups.js';
import { type Append, NEVER, nameOf, runOf, whoOf } from './history.js';
import type { Known } from './known.js';
import type { Ledger } from './ledger.js';
import { Stretches } from './steps.js';
import { must } from './violation.js';

/** Timestamps are the order in which entries were committed, and along a region that in which their places were taken. */
export function judgeOrder(ledger: Ledger): void {
  judgeRealTime(ledger.all);
  for (const entries of ledger.byRegion.values()) judgeReservations(entries);
  judgeDensity(ledger);
  judgeExpectations(ledger);
  judgeRefusals(ledger);
}

/** What was seen or acknowledged before another one was published has the smaller timestamp. */
function judgeRealTime(all: readonly Known[]): void {
  let above: Known | undefined;
  for (const entry of all.toReversed()) {
    const first = above;
    must(
      first === undefined || first.committed >= entry.append.published,
      'order',
      () => `${told(entry)} was appended after ${told(first)} was committed`,
    );
    if (above === undefined || entry.committed < above.committed) above = entry;
  }
}

function judgeReservations(entries: readonly Known[]): void {
  let above: Known | undefined;
  for (const entry of entries.toReversed()) {
    const first = above;
    must(
      first === undefined || first.append.reserved >= entry.append.begin,
      'place',
      () => `${told(entry)} took its place in region ${entry.append.region} after ${told(first)} had`,
    );
    if (above === undefined || entry.append.reserved < above.append.reserved) above = entry;
  }
}

/** Each timestamp between the first and the last of a run was given to an entry; only those may be unknown whose appends never answered. */
function judgeDensity({ all, known, history }: Ledger): void {
  let before = 0;
  for (const { run, killed } of history.runs) {
    const entries = all.filter(({ append }) => runOf(append.actor) === run);
    const [first, last] = [entries[0]?.timestamp, entries.at(-1)?.timestamp];
    if (first === undefined || last === undefined) continue;
    must(
      first > before,
      'reused',
      () => `timestamp ${first} of run ${run} is not above ${before} of the run before it`,
    );
    const silent = history.appends.filter(
      ({ actor, number, code, published }) =>
        runOf(actor) === run &&
        published !== NEVER &&
        (code === 'unknown' || code === 'VARVE_REGION_FREED') &&
        !known.has(whoOf(actor, number)),
    ).length;
    const holes = last - (run === 1 ? 0 : first - 1) - entries.length;
    must(
      holes <= silent,
      'dense',
      () =>
        `run ${run} gave out timestamps up to ${last}, but ${holes} of them to nobody; ${silent} appends never answered`,
    );
    before = killed === NEVER ? last : Math.max(last, before);
  }
}

function judgeExpectations(ledger: Ledger): void {
  for (const [region, appends] of groupBy(ledger.history.appends, ({ region: id }) => id)) {
    const entries = ledger.byRegion.get(region) ?? [];
    const places = new Stretches(appends);
    for (const append of appends) {
      if (append.expectedLast !== undefined)
        judgeExpectedLast(appends, entries, places, append, append.expectedLast);
    }
  }
}

/** Who won stands right behind the entry that it expected. Who lost had a reason. */
function judgeExpectedLast(
  appends: readonly Append[],
  entries: readonly Known[],
  places: Stretches<Append>,
  append: Append,
  expected: number,
): void {
  if (append.code === 'done') {
    const before = entries.findLast(
      ({ timestamp, lost }) => timestamp < append.timestamp && lost > append.begin,
    );
    const fits =
      before === undefined ||
      before.timestamp === expected ||
      (expected === 0 && before.goneFrom < append.end) ||
      isOfNobody(appends, append, expected, before.timestamp);
    must(
      fits && (before !== undefined || expected === 0),
      'expected',
      () =>
        `${named(append)} expected ${expected} to be the last of region ${append.region}, which was ${before?.timestamp}`,
    );
  } else if (append.code === 'VARVE_CONFLICT') {
    must(
      isConflict(entries, places, append, expected),
      'conflict',
      () => `${named(append)} was refused, though ${expected} was the last of region ${append.region}`,
    );
  }
}

/** True if the expected entry may be one that nobody saw, and whose append never answered, or was overtaken by a clear. */
function isOfNobody(appends: readonly Append[], append: Append, expected: number, before: number): boolean {
  if (expected <= before || expected >= append.timestamp) return false;
  return appends.some(
    ({ timestamp, code, published }) => timestamp === 0 && NEITHER.includes(code) && published < append.end,
  );
}

/** What ends an append that may have been committed. */
const NEITHER = ['unknown', 'VARVE_REGION_FREED'];

function isConflict(
  entries: readonly Known[],
  places: Stretches<Append>,
  append: Append,
  expected: number,
): boolean {
  if (entries.some(({ timestamp, append: other }) => timestamp > expected && other.published < append.end))
    return true;
  const entry = entries.find(({ timestamp }) => timestamp === expected);
  if (expected > 0 && (entry === undefined || entry.goneFrom < append.end)) return true;
  return places.overlap(append);
}

/** Refusals have their reasons, too. */
function judgeRefusals({ history, removals }: Ledger): void {
  const byPlace = groupBy(history.appends, ({ actor, region: id }) => whoOf(actor, id));
  const places = new Map([...byPlace].map(([place, own]) => [place, new Stretches(own)]));
  const together = groupBy(history.appends, ({ actor, transaction }) => whoOf(actor, transaction));
  const closing = new Map(history.runs.map(({ run, closing: time }) => [run, time]));
  for (const append of history.appends) {
    const { actor, region, code, end } = append;
    const why = (): string => `${named(append)} to region ${region} ended with ${code}`;
    if (code === 'VARVE_BUSY') {
      const ahead = places.get(whoOf(actor, region))?.overlap(append) === true;
      must(ahead, 'busy', () => `${why()}, though nothing of its own thread was ahead`);
      continue;
    }
    const removed = regionsOf(together, append).some((id) =>
      (removals.get(id) ?? []).some(({ begin }) => begin < end),
    );
    if (code === 'VARVE_REGION_FREED') {
      must(removed, 'freed', () => `${why()}, though nobody cleared or freed it`);
    } else if (code === 'VARVE_CLOSED') {
      // A slot that a clear has taken away says that it is closed.
      const closed = removed || (closing.get(runOf(actor)) ?? NEVER) < end;
      must(closed, 'closed', () => `${why()}, though nobody closed the stream`);
    } else {
      must(['done', 'unknown', 'cancelled', 'VARVE_FULL', 'VARVE_CONFLICT'].includes(code), 'code', why);
    }
  }
}

/** The regions that were to get something together with an append. */
function regionsOf(together: ReadonlyMap<number, readonly Append[]>, append: Append): readonly number[] {
  const { actor, transaction, region } = append;
  if (transaction === 0) return [region];
  return (together.get(whoOf(actor, transaction)) ?? []).map((part) => part.region);
}

function told(entry: Known | undefined): string {
  return entry === undefined ? '' : `timestamp ${entry.timestamp} (${named(entry.append)})`;
}

function named({ actor, number }: Append): string {
  return nameOf(whoOf(actor, number));
}
