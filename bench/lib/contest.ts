import { setImmediate as turn } from 'node:timers/promises';
import { randomOrder } from './random.js';
import type { Other, Role } from './record.js';
import { type Summary, summarize } from './stats.js';

/** Somebody who does the work. */
export interface Side {
  readonly name: string;
  readonly role: Role;
  /** Does one round; returns nanoseconds. Only what it returns counts, so that it may prepare and clean up. */
  readonly run: () => number | Promise<number>;
  /** Entries of its rounds, where they are not the contest's. */
  readonly entries?: number;
  /** Of varve only: the names of those it is held against; left out: all that are not varve. */
  readonly against?: readonly string[];
}

/** The same work by several sides, varve among them. */
export interface Contest {
  /** Names the row for ever, within its group. Of several sides that are varve each gets `/<name>` behind. */
  readonly key: string;
  readonly name: string;
  /** Entries of one round. */
  readonly entries: number;
  readonly sides: readonly Side[];
  /** No more rounds than this, warming up included; left out: as many as there is time for. */
  readonly roundsMax?: number;
  /** A table of its own, where it is not the group's. */
  readonly table?: string;
  /** 'ms' where a round is one piece of work; left out: 'ns', for an entry. */
  readonly unit?: 'ns' | 'ms';
}

/** What came of one side that is varve, in the unit of the contest. */
export interface Figures {
  readonly side: string;
  readonly value: Summary;
  readonly others: readonly Other[];
}

/** What came of a contest. */
export interface Outcome {
  readonly figures: readonly Figures[];
  readonly rounds: number;
}

const ROUNDS_MAX = 101;
const ROUNDS_MIN = 3;
/** Milliseconds, of two sides. */
const WARM_UP = { full: 300, quick: 60 };
/** Milliseconds, of two sides. */
const BUDGET = { full: 1200, quick: 150 };

/**
 * Measures all sides in turns, so that what disturbs the machine disturbs all alike. The first rounds, which
 * compile the code and touch the memory for the first time, do not count.
 */
export async function compete(contest: Contest, quick: boolean): Promise<Outcome> {
  const most = contest.roundsMax ?? ROUNDS_MAX;
  const share = Math.max(1, contest.sides.length / 2);
  const warmUp = await rounds(
    contest,
    Math.min(most - ROUNDS_MIN, 20),
    share * (quick ? WARM_UP.quick : WARM_UP.full),
  );
  const budget = share * (quick ? BUDGET.quick : BUDGET.full);
  const samples = await rounds(contest, most - countOf(warmUp), budget);
  const figures = contest.sides
    .filter(({ role }) => role === 'varve')
    .map((side) => figuresOf(side, contest.sides, samples));
  return { figures, rounds: countOf(samples) };
}

type Samples = ReadonlyMap<Side, number[]>;

function figuresOf(side: Side, sides: readonly Side[], samples: Samples): Figures {
  const own = samples.get(side) ?? [];
  const { against } = side;
  const others: Other[] = [];
  for (const other of sides) {
    const { name, role } = other;
    if (role === 'varve' || (against !== undefined && !against.includes(name))) continue;
    const theirs = samples.get(other) ?? [];
    const ratios = theirs.map((value, round) => (own[round] ?? Number.NaN) / value);
    others.push({ name, role, value: summarize(theirs), ratio: summarize(ratios) });
  }
  return { side: side.name, value: summarize(own), others };
}

/** Rounds until `most` were made or the time is over, but `ROUNDS_MIN` at least. */
async function rounds({ entries, sides, unit }: Contest, most: number, budget: number): Promise<Samples> {
  const samples = new Map(sides.map((side) => [side, [] as number[]]));
  const end = performance.now() + budget;
  for (let round = 0; round < most && (round < ROUNDS_MIN || performance.now() < end); round++) {
    for (const side of turnsOf(sides, round)) {
      samples.get(side)?.push((await side.run()) / (unit === 'ms' ? 1e6 : (side.entries ?? entries)));
      // What one leaves for the background is not to run in the time of the next.
      await turn();
    }
  }
  return samples;
}

/** Another order every time, so that nobody always comes behind the same one, whose traces on the disk or in caches would be his burden. */
function turnsOf(sides: readonly Side[], round: number): readonly Side[] {
  if (sides.length <= 2) return sides;
  const places = randomOrder(sides.length * (round + 1), 2 ** 31).slice(-sides.length);
  return sides
    .map((side, i) => ({ side, place: places[i] ?? 0 }))
    .sort((a, b) => a.place - b.place)
    .map(({ side }) => side);
}

function countOf(samples: Samples): number {
  return [...samples.values()][0]?.length ?? 0;
}

/** The side that a contest is about. */
export function varve(run: Side['run'], name = 'varve'): Side {
  return { name, role: 'varve', run };
}

/** The least that the work costs; nobody where there is no `run`. */
export function floor(name: string, run: Side['run'] | undefined): Side[] {
  return run === undefined ? [] : [{ name, role: 'floor', run }];
}

/** Another library; nobody where there is no `run`. */
export function peer(name: string, run: Side['run'] | undefined): Side[] {
  return run === undefined ? [] : [{ name, role: 'peer', run }];
}
