import { type History, isForeign, NEVER, type Pass, runOf } from './history.js';
import type { Known } from './known.js';
import type { Ledger } from './ledger.js';
import { inRange } from './steps.js';
import { must } from './violation.js';

/** Each reading shows what must be there, in order, without a hole, and nothing that is gone. */
export function judgeReads(ledger: Ledger): void {
  const byTimestamp = new Map(ledger.all.map((entry) => [entry.timestamp, entry]));
  // What is gone first: an entry that was shown too late would make others look as if they were hidden.
  for (const pass of ledger.history.passes) {
    judgeCode(ledger, pass);
    judgeSequence(pass);
    judgeStale(byTimestamp, pass);
  }
  for (const pass of ledger.history.passes) judgeMissing(ledger, pass);
  for (const entry of ledger.all) {
    must(entry.alive <= entry.missed, 'back', () => `timestamp ${entry.timestamp} was gone, and came back`);
  }
  judgeStarts(ledger, byTimestamp);
}

function judgeCode({ removals, history }: Ledger, pass: Pass): void {
  const of = pass.region === 0 ? [...removals.values()].flat() : (removals.get(pass.region) ?? []);
  if (pass.code === 'VARVE_REGION_FREED') {
    must(
      of.some(({ begin }) => begin < pass.end),
      'freed',
      () => `${told(pass)} ended with VARVE_REGION_FREED, though nobody cleared or freed it`,
    );
  } else if (pass.code === 'done' && pass.region !== 0) {
    const freed = of.some(({ what, code, end }) => what === 'free' && code === 'done' && end < pass.begin);
    must(!freed, 'ghost', () => `${told(pass)} read a region that was freed before`);
  } else if (pass.code === 'VARVE_CLOSED') {
    must(
      history.runs.some(({ closing }) => closing < pass.end),
      'closed',
      () => `${told(pass)} ended with VARVE_CLOSED`,
    );
  } else {
    must(
      pass.code === 'done' || pass.code === 'unknown',
      'code',
      () => `${told(pass)} ended with ${pass.code}`,
    );
  }
}

function judgeSequence(pass: Pass): void {
  const sign = pass.way === 'reverse' ? -1 : 1;
  for (const [index, { timestamp }] of pass.seen.entries()) {
    const before = pass.seen[index - 1]?.timestamp;
    must(
      before === undefined || sign * before < sign * timestamp,
      'sequence',
      () => `${told(pass)} showed timestamp ${timestamp} after ${before}`,
    );
    must(
      inRange(pass, timestamp),
      'from',
      () => `${told(pass)} showed timestamp ${timestamp}, it was to begin at ${pass.from}`,
    );
  }
}

function judgeStale(byTimestamp: ReadonlyMap<number, Known>, pass: Pass): void {
  for (const { timestamp } of pass.seen) {
    const entry = byTimestamp.get(timestamp);
    must(
      (entry?.goneBy ?? NEVER) >= pass.begin,
      'stale',
      () => `${told(pass)} showed timestamp ${timestamp}, which was cleared or freed before`,
    );
  }
}

/** What a reading must show lies in these bounds. */
interface Span {
  /** The lowest and the greatest timestamp that were seen. */
  readonly low: number;
  readonly high: number;
  /** It went on to its end, so that what was there before it began must be there, too. */
  readonly whole: boolean;
}

function judgeMissing(ledger: Ledger, pass: Pass): void {
  const seen = new Set(pass.seen.map(({ timestamp }) => timestamp));
  const edges = [pass.seen[0]?.timestamp ?? 0, pass.seen.at(-1)?.timestamp ?? 0];
  const span = {
    low: Math.min(...edges),
    high: Math.max(...edges),
    whole: pass.code === 'done' && pass.way !== 'tail',
  };
  const entries = pass.region === 0 ? ledger.all : (ledger.byRegion.get(pass.region) ?? []);
  for (const entry of entries) {
    if (seen.has(entry.timestamp) || !inRange(pass, entry.timestamp) || entry.lost < pass.end) continue;
    judgeAbsence(ledger, pass, entry, span);
  }
}

function judgeAbsence(ledger: Ledger, pass: Pass, entry: Known, { low, high, whole }: Span): void {
  const { timestamp } = entry;
  const inside = low < timestamp && timestamp < high;
  // An entry is committed before one with a greater timestamp is: who sees that one sees all of them.
  const before = pass.way === 'reverse' ? inside || (whole && timestamp < high) : timestamp < high;
  const since = knownSince(ledger, pass, entry);
  if (!before && !(whole && since < pass.begin)) return;
  const text = (): string =>
    `${told(pass)} did not show timestamp ${timestamp} of region ${entry.append.region}, but showed ${pass.seen.length} from ${low} to ${high}`;
  if (pass.region === 0 && dropsOut(ledger, pass, entry)) return;
  must(!inside || pass.region === 0, 'hole', text);
  must(entry.goneFrom < pass.end, before ? 'hole' : 'missing', text);
  if (since < pass.begin) entry.missed = Math.min(entry.missed, pass.end);
}

/** When the entry was one that such a reading must show. */
function knownSince({ history }: Ledger, pass: Pass, entry: Known): number {
  const { actor, persisted, region } = pass;
  if (!isForeign(actor)) return persisted ? entry.durable : entry.committed;
  if (persisted) return isOrphan(history, pass, entry) ? NEVER : entry.durable;
  // What is not persisted, another process may show of a region, while it does not know what is still to come before it.
  return region === 0 ? Math.min(entry.durable, entry.shownBy.get(actor) ?? NEVER) : entry.sealed;
}

/** Its writer was killed, and the next one is not there yet: nobody need know any more how far everything was persisted. */
function isOrphan({ runs }: History, { begin, end }: Pass, { append }: Known): boolean {
  const [own, next] = runs.slice(runOf(append.actor) - 1);
  return (own?.dying ?? NEVER) < end && (next?.opened ?? NEVER) > begin;
}

/** A region that is cleared or freed while all regions are read drops out. */
function dropsOut({ removals }: Ledger, pass: Pass, entry: Known): boolean {
  const of = removals.get(entry.append.region) ?? [];
  return of.some(({ begin, end }) => begin < pass.end && end > pass.begin);
}

/** A region begins anew only when it was cleared. */
function judgeStarts({ history, removals }: Ledger, byTimestamp: ReadonlyMap<number, Known>): void {
  const starts = new Map<number, Set<number>>();
  for (const { way, region, from, seen } of history.passes) {
    const [first] = seen;
    if (way !== 'pass' || region === 0 || from > 0 || first === undefined) continue;
    // What a kill took makes room for another beginning.
    if (byTimestamp.get(first.timestamp)?.lost !== NEVER) continue;
    starts.set(region, (starts.get(region) ?? new Set()).add(first.timestamp));
  }
  for (const [region, firsts] of starts) {
    const most = 1 + (removals.get(region)?.length ?? 0);
    must(
      firsts.size <= most,
      'starts',
      () => `region ${region} began with ${[...firsts]}, though it had ${most} lives at most`,
    );
  }
}

function told({ actor, way, region, begin }: Pass): string {
  return `a ${way} of ${region === 0 ? 'the stream' : `region ${region}`} by actor ${actor} at ${begin}`;
}
