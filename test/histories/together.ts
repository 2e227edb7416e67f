import { groupBy } from './groups.js';
import { type Append, NEVER, nameOf, type Pass, whoOf } from './history.js';
import { type Groups, type Known, newKnown } from './known.js';
import type { Ledger } from './ledger.js';
import { inRange } from './steps.js';
import { must } from './violation.js';

/**
 * Finds out what belongs together. Where one entry of a transaction was acknowledged or seen, all of them are known, and their timestamps, too: they are
 * consecutive.
 */
export function groupsOf(appends: readonly Append[], known: Map<number, Known>): Groups {
  const parts = appends.filter(({ transaction }) => transaction > 0);
  const groups: Known[][] = [];
  for (const group of groupBy(parts, ({ actor, transaction }) => whoOf(actor, transaction)).values()) {
    const found = group.findIndex(({ actor, number }) => known.has(whoOf(actor, number)));
    if (found < 0) continue;
    const first = timestampOf(known, group[found]) - found;
    groups.push(group.map((append, index) => complete(known, append, first + index)));
  }
  return groups;
}

function timestampOf(known: ReadonlyMap<number, Known>, append: Append | undefined): number {
  return known.get(whoOf(append?.actor ?? 0, append?.number ?? 0))?.timestamp ?? 0;
}

function complete(known: Map<number, Known>, append: Append, timestamp: number): Known {
  const who = whoOf(append.actor, append.number);
  const entry = known.get(who) ?? newKnown(append, timestamp);
  must(
    entry.timestamp === timestamp,
    'together',
    () => `${nameOf(who)} has timestamp ${entry.timestamp}, and not ${timestamp} as its transaction wants it`,
  );
  known.set(who, entry);
  return entry;
}

/** What is true of one entry from some time on is true of all that belong to it. */
export function shareTimes(groups: Groups, key: 'committed' | 'durable' | 'sealed'): void {
  for (const group of groups) {
    const earliest = Math.min(...group.map((entry) => entry[key]));
    for (const entry of group) entry[key] = earliest;
  }
}

/** And whoever has seen one among the entries of all regions has to see the others there. */
export function shareSights(groups: Groups): void {
  for (const group of groups) {
    for (const { shownBy } of group) {
      for (const [actor, time] of shownBy)
        for (const other of group)
          other.shownBy.set(actor, Math.min(other.shownBy.get(actor) ?? NEVER, time));
    }
  }
}

/** All of a transaction or nothing: in each reading of all regions, and after each kill. */
export function judgeTogether({ history, groups }: Ledger): void {
  const groupOf = new Map(groups.flatMap((group) => group.map((entry) => [entry.timestamp, group] as const)));
  for (const pass of history.passes)
    if (pass.region === 0 && pass.code === 'done' && pass.way !== 'tail') judgePass(groupOf, pass);
  for (const group of groups) judgeKilled(group);
}

function judgePass(groupOf: ReadonlyMap<number, readonly Known[]>, pass: Pass): void {
  const seen = new Set(pass.seen.map(({ timestamp }) => timestamp));
  for (const { timestamp } of pass.seen) {
    for (const entry of groupOf.get(timestamp) ?? []) {
      const excused = !inRange(pass, entry.timestamp) || entry.goneFrom < pass.end || entry.lost < pass.end;
      must(
        seen.has(entry.timestamp) || excused,
        'together',
        () =>
          `a ${pass.way} by actor ${pass.actor} at ${pass.begin} showed timestamp ${timestamp}, but not ${entry.timestamp}`,
      );
    }
  }
}

function judgeKilled(group: readonly Known[]): void {
  const lost = group.find((entry) => entry.lost !== NEVER && entry.goneFrom === NEVER);
  const kept = lost && group.find((entry) => entry.alive > lost.lost);
  must(
    kept === undefined,
    'together',
    () => `a kill took timestamp ${lost?.timestamp}, but left ${kept?.timestamp} of the same transaction`,
  );
}
