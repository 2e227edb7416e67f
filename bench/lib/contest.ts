import { setImmediate as turn } from 'node:timers/promises';
import { type Summary, summarize } from './stats.js';

/** Something measured against the least that it could cost. */
export interface Contest {
  readonly name: string;
  /** What the floor does; left out with `floor`. */
  readonly floorName: string;
  /** Entries of one round, of either side. */
  readonly entries: number;
  /** Does one round; returns nanoseconds. Only what it returns counts, so that it may prepare and clean up. */
  readonly subject: () => number | Promise<number>;
  /** The same for the floor; undefined where there is none to be had. */
  readonly floor: (() => number | Promise<number>) | undefined;
  /** No more rounds than this, warming up included; left out: as many as there is time for. */
  readonly roundsMax?: number;
}

/** What came of a contest. Times in nanoseconds an entry. */
export interface Outcome {
  readonly subject: Summary;
  readonly floor: Summary | undefined;
  /** Subject by floor, of rounds that ran one after the other. */
  readonly ratio: Summary | undefined;
  readonly rounds: number;
}

const ROUNDS_MAX = 101;
const ROUNDS_MIN = 3;
/** Milliseconds. */
const WARM_UP = { full: 300, quick: 60 };
/** Milliseconds. */
const BUDGET = { full: 1200, quick: 150 };

/**
 * Measures both sides in turns, A B A B …, so that what disturbs the machine disturbs both alike. The first rounds, which
 * compile the code and touch the memory for the first time, do not count.
 */
export async function compete(contest: Contest, quick: boolean): Promise<Outcome> {
  const most = contest.roundsMax ?? ROUNDS_MAX;
  const warmUp = await rounds(contest, Math.min(most - ROUNDS_MIN, 20), quick ? WARM_UP.quick : WARM_UP.full);
  const { subject, floor } = await rounds(
    contest,
    most - warmUp.subject.length,
    quick ? BUDGET.quick : BUDGET.full,
  );
  const ratios = floor.map((nanoseconds, round) => (subject[round] ?? Number.NaN) / nanoseconds);
  return {
    subject: summarize(subject),
    floor: floor.length === 0 ? undefined : summarize(floor),
    ratio: ratios.length === 0 ? undefined : summarize(ratios),
    rounds: subject.length,
  };
}

/** Rounds until `most` were made or the time is over, but `ROUNDS_MIN` at least. */
async function rounds(
  { entries, subject, floor }: Contest,
  most: number,
  budget: number,
): Promise<{ subject: number[]; floor: number[] }> {
  const samples: { subject: number[]; floor: number[] } = { subject: [], floor: [] };
  const end = performance.now() + budget;
  for (let round = 0; round < most && (round < ROUNDS_MIN || performance.now() < end); round++) {
    samples.subject.push((await subject()) / entries);
    // What the subject left for the background is not to run in the floor's time.
    await turn();
    if (floor !== undefined) samples.floor.push((await floor()) / entries);
  }
  return samples;
}
