import { groupBy } from './groups.js';
import {
  type Append,
  type Change,
  type History,
  isForeign,
  NEVER,
  nameOf,
  type Pass,
  runOf,
  whoOf,
} from './history.js';
import { type Groups, type Known, newKnown } from './known.js';
import { groupsOf, shareSights, shareTimes } from './together.js';
import { must } from './violation.js';

/** Everything that is known, in order. */
export interface Ledger {
  readonly history: History;
  /** By `whoOf`. */
  readonly byWho: ReadonlyMap<number, Append>;
  readonly known: ReadonlyMap<number, Known>;
  /** All entries in the order of their timestamps. */
  readonly all: readonly Known[];
  /** The same, for each region. */
  readonly byRegion: ReadonlyMap<number, readonly Known[]>;
  /** Clears and frees of each region. */
  readonly removals: ReadonlyMap<number, readonly Change[]>;
  readonly groups: Groups;
}

/** Joins what writers say with what readers saw. Throws where they contradict each other at once. */
export function ledgerOf(history: History): Ledger {
  const byWho = new Map(history.appends.map((append) => [whoOf(append.actor, append.number), append]));
  const known = new Map<number, Known>();
  for (const append of history.appends) if (append.timestamp > 0) acknowledge(known, append);
  for (const pass of history.passes) for (const seen of pass.seen) witness(known, byWho, pass, seen);
  const groups = groupsOf(history.appends, known);
  shareTimes(groups, 'committed');
  shareSights(groups);
  const all = [...known.values()].sort((a, b) => a.timestamp - b.timestamp);
  assertUnique(all);
  const removals = groupBy(
    history.changes.filter(({ what }) => what !== 'allocate'),
    ({ region }) => region,
  );
  persistAll(history, all);
  shareTimes(groups, 'durable');
  for (const entry of all) entry.sealed = Math.min(entry.sealed, entry.durable);
  shareTimes(groups, 'sealed');
  for (const entry of all) judgeRemovals(entry, removals.get(entry.append.region) ?? []);
  judgeKills(history, all);
  const byRegion = groupBy(all, ({ append }) => append.region);
  return { history, byWho, known, all, byRegion, removals, groups };
}

function acknowledge(known: Map<number, Known>, append: Append): void {
  const entry = newKnown(append, append.timestamp);
  entry.committed = append.end;
  known.set(whoOf(append.actor, append.number), entry);
}

function witness(
  known: Map<number, Known>,
  byWho: ReadonlyMap<number, Append>,
  pass: Pass,
  { who, timestamp, time }: Pass['seen'][number],
): void {
  const append = byWho.get(who);
  const where = (): string =>
    `actor ${pass.actor} saw ${nameOf(who)} at timestamp ${timestamp} of region ${pass.region}`;
  must(who >= 0, 'torn', where);
  must(append !== undefined, 'invented', where);
  if (append === undefined) return;
  must(append.published < time, 'invented', () => `${where()}, which was not published yet`);
  must(
    pass.region === 0 || pass.region === append.region,
    'elsewhere',
    () => `${where()}, it was appended to region ${append.region}`,
  );
  // What a clear or free overtook may have been committed before it; what was refused for any other reason is no entry.
  const refused = append.code !== 'done' && append.code !== 'unknown' && append.code !== 'VARVE_REGION_FREED';
  must(!refused, 'refused', () => `${where()}, its append ended with ${append.code}`);
  let entry = known.get(who);
  if (entry === undefined) {
    entry = newKnown(append, timestamp);
    known.set(who, entry);
  }
  must(entry.timestamp === timestamp, 'twice', () => `${where()}, it has timestamp ${entry.timestamp}`);
  entry.committed = Math.min(entry.committed, time);
  entry.alive = Math.max(entry.alive, pass.begin);
  // What lies sealed in the file, where other processes read it, outlives the writer; and so does what a later writer found.
  if (isForeign(pass.actor) || runOf(pass.actor) > runOf(append.actor))
    entry.sealed = Math.min(entry.sealed, time);
  if (pass.region === 0)
    entry.shownBy.set(pass.actor, Math.min(entry.shownBy.get(pass.actor) ?? NEVER, time));
  if (pass.persisted) entry.durable = Math.min(entry.durable, time);
}

function assertUnique(all: readonly Known[]): void {
  for (const [index, entry] of all.entries()) {
    const before = all[index - 1];
    must(before?.timestamp !== entry.timestamp, 'unique', () => {
      const names = [before, entry].map((each) =>
        nameOf(whoOf(each?.append.actor ?? 0, each?.append.number ?? 0)),
      );
      return `timestamp ${entry.timestamp} was given to ${names.join(' and to ')}`;
    });
  }
}

/** What `persisted` said, waits for it, and appends that were acknowledged as persisted, vouch for everything up to a timestamp. */
function persistAll(history: History, all: readonly Known[]): void {
  const promises: { upTo: number; time: number }[] = [];
  for (const { persisted, end } of history.samples) promises.push({ upTo: persisted, time: end });
  for (const { upTo, end, code } of history.persists)
    if (code === 'done' && upTo > 0) promises.push({ upTo, time: end });
  for (const { timestamp, persists, end } of history.appends)
    if (persists && timestamp > 0) promises.push({ upTo: timestamp, time: end });
  // From the greatest on: who vouches for a timestamp vouches for those below.
  promises.sort((a, b) => b.upTo - a.upTo);
  let next = 0;
  let earliest = NEVER;
  for (const entry of all.toReversed()) {
    for (let one = promises[next]; one !== undefined && one.upTo >= entry.timestamp; one = promises[++next])
      earliest = Math.min(earliest, one.time);
    entry.durable = Math.min(entry.durable, earliest);
  }
  persistWhatWasCommitted(history, all);
}

function persistWhatWasCommitted(history: History, all: readonly Known[]): void {
  const whole = history.persists
    .filter(({ upTo, code }) => upTo === 0 && code === 'done')
    .sort((a, b) => a.begin - b.begin);
  const ends = earliestFrom(whole.map(({ end }) => end));
  for (const entry of all) {
    const first = firstAfter(whole, entry.committed);
    entry.durable = Math.min(entry.durable, ends[first] ?? NEVER);
  }
}

/** The earliest end of each and those that follow it. */
function earliestFrom(ends: readonly number[]): number[] {
  const earliest = [...ends];
  for (let index = ends.length - 2; index >= 0; index -= 1)
    earliest[index] = Math.min(earliest[index] ?? NEVER, earliest[index + 1] ?? NEVER);
  return earliest;
}

/** Index of the first that begins after `time`. */
function firstAfter(acts: readonly { begin: number }[], time: number): number {
  let [low, high] = [0, acts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((acts[middle]?.begin ?? NEVER) > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

function judgeRemovals(entry: Known, removals: readonly Change[]): void {
  for (const { begin, end, code } of removals) {
    if (code !== 'done' && code !== 'unknown') continue;
    if (end > entry.alive) entry.goneFrom = Math.min(entry.goneFrom, begin);
    if (begin > entry.committed && code === 'done') entry.goneBy = Math.min(entry.goneBy, end);
  }
}

/** A kill takes what was only committed, from the back of each region. */
function judgeKills(history: History, all: readonly Known[]): void {
  const killed = new Map(history.runs.map(({ run, killed: time }) => [run, time]));
  const survivors = new Map<string, number>();
  for (const entry of all.toReversed()) {
    const run = runOf(entry.append.actor);
    const time = killed.get(run) ?? NEVER;
    if (time === NEVER) continue;
    const { timestamp } = entry;
    const place = `region ${entry.append.region} of run ${run}`;
    if (entry.alive > time) survivors.set(place, timestamp);
    if (entry.alive > time) continue;
    const mayBeGone = entry.goneFrom < time;
    if (!mayBeGone || entry.sealed > time) entry.lost = time;
    // A clear may have taken it before the kill did.
    if (mayBeGone) continue;
    must(
      entry.sealed > time,
      'lost',
      () =>
        `timestamp ${timestamp} was persisted or seen by another process, and is gone after its writer was killed`,
    );
    const later = survivors.get(place);
    must(
      later === undefined,
      'hole',
      () => `a kill took timestamp ${timestamp} of ${place}, but left ${later}`,
    );
  }
}
