import { groupBy } from './groups.js';
import { isForeign, NEVER, runOf, type Sample } from './history.js';
import type { Ledger } from './ledger.js';
import { greatestBefore } from './steps.js';
import { must } from './violation.js';

/** `committed` and `persisted` never fall, never lag behind what was acknowledged, and never run ahead of what was appended. */
export function judgeSamples(ledger: Ledger): void {
  const { samples, runs } = ledger.history;
  for (const { run } of runs)
    judgeRun(
      ledger,
      run,
      samples.filter(({ actor }) => runOf(actor) === run && !isForeign(actor)),
    );
  const foreign = groupBy(
    samples.filter(({ actor }) => isForeign(actor)),
    ({ actor }) => actor,
  );
  for (const own of [
    ...foreign.values(),
    ...runs.map(({ run }) => samples.filter(({ actor }) => runOf(actor) === run)),
  ]) {
    judgeRise(own, 'committed');
    judgeRise(own, 'persisted');
  }
  for (const sample of samples) {
    must(
      sample.persisted <= sample.committed,
      'ahead',
      () => `${told(sample)}: persisted is above committed`,
    );
  }
}

function judgeRise(samples: readonly Sample[], key: 'committed' | 'persisted'): void {
  const before = greatestBefore(samples.map((sample) => ({ time: sample.end, value: sample[key] })));
  for (const sample of samples) {
    const most = before(sample.begin);
    must(sample[key] >= most, 'fell', () => `${told(sample)}: ${key} was ${most} before`);
  }
}

function judgeRun({ all, history }: Ledger, run: number, samples: readonly Sample[]): void {
  const mine = all.filter(({ append, lost }) => runOf(append.actor) <= run && lost === NEVER);
  const current = all.filter(({ append }) => runOf(append.actor) === run);
  const committed = greatestBefore(
    [...mine, ...current].map(({ committed: time, timestamp: value }) => ({ time, value })),
  );
  const persisted = greatestBefore(mine.map(({ durable: time, timestamp: value }) => ({ time, value })));
  const begun = greatestBefore(
    current.map(({ append, timestamp: value }) => ({ time: append.published, value })),
  );
  // An entry whose append never answered and that nobody saw may have a timestamp that nobody knows.
  const silent = history.appends.some(
    ({ actor, timestamp, code }) =>
      runOf(actor) === run && timestamp === 0 && (code === 'unknown' || code === 'VARVE_REGION_FREED'),
  );
  for (const sample of samples) {
    const least = [committed(sample.begin), persisted(sample.begin)] as const;
    must(sample.committed >= least[0], 'behind', () => `${told(sample)}: ${least[0]} was committed before`);
    must(sample.persisted >= least[1], 'behind', () => `${told(sample)}: ${least[1]} was persisted before`);
    const most = run > 1 || silent ? NEVER : begun(sample.end);
    must(sample.committed <= most, 'ahead', () => `${told(sample)}: nothing above ${most} had been appended`);
  }
}

function told({ actor, begin, committed, persisted }: Sample): string {
  return `actor ${actor} at ${begin} read committed ${committed} and persisted ${persisted}`;
}
