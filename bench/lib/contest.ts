import { setImmediate as turn } from 'node:timers/promises';
import { isCalm, type Round } from './calm.js';
import { randomOrder } from './random.js';
import type { Measured, Other, Role } from './record.js';
import { type Sample, summarizeCalm } from './stats.js';

/** What a side did: one round, several that followed each other, or the nanoseconds of one that has no probe. */
type Done = number | Round | readonly Round[];

/** Somebody who does the work. */
export interface Side {
  readonly name: string;
  readonly role: Role;
  /** Does a round, or as many as each other side does. Only what it returns counts, so that it may prepare and clean up. */
  readonly run: () => Done | Promise<Done>;
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
  /** No more turns than this, warming up included; left out: as many as there is time for. */
  readonly turnsMax?: number;
  /** A table of its own, where it is not the group's. */
  readonly table?: string;
  /** 'ms' where a round is one piece of work; left out: 'ns', for an entry. */
  readonly unit?: 'ns' | 'ms';
}

/** What came of one side that is varve, in the unit of the contest. */
export interface Figures {
  readonly side: string;
  readonly value: Measured;
  readonly others: readonly Other[];
}

/** What came of a contest. */
export interface Outcome {
  readonly figures: readonly Figures[];
  readonly rounds: number;
}

const TURNS_MAX = 2000;
const TURNS_MIN = 3;
const WARM_UP_MAX = 200;
/** Milliseconds, of two sides. */
const WARM_UP = { full: 300, quick: 60 };
/** Milliseconds, of two sides. */
const BUDGET = { full: 1200, quick: 150 };
/** As many calm rounds, and pairs of them, are wanted; a figure of fewer is still one (`ENOUGH` of stats.ts). */
const WANTED = 25;
/** How many times as long it may take to get them. */
const PATIENCE = 3;

/**
 * Measures all sides in turns, so that what disturbs the machine disturbs all alike. The first rounds, which
 * compile the code and touch the memory for the first time, do not count.
 */
export async function compete(contest: Contest, quick: boolean): Promise<Outcome> {
  const most = contest.turnsMax ?? TURNS_MAX;
  const share = Math.max(1, contest.sides.length / 2);
  const warmUp = share * (quick ? WARM_UP.quick : WARM_UP.full);
  const warm = await turns(contest, Math.min(most - TURNS_MIN, WARM_UP_MAX), warmUp, warmUp);
  const budget = share * (quick ? BUDGET.quick : BUDGET.full);
  const { rounds } = await turns(contest, most - warm.turns, budget, quick ? budget : PATIENCE * budget);
  const figures = contest.sides
    .filter(({ role }) => role === 'varve')
    .map((side) => figuresOf(contest, side, rounds));
  return { figures, rounds: rounds.get(contest.sides[0] as Side)?.length ?? 0 };
}

type Rounds = ReadonlyMap<Side, Round[]>;

/**
 * Turns until `most` were made, or the time is over, but `TURNS_MIN` at least. While calm rounds are too few, it is over
 * later: that depends on the probes, and on no result.
 */
async function turns(
  { sides }: Contest,
  most: number,
  budget: number,
  longest: number,
): Promise<{ readonly turns: number; readonly rounds: Rounds }> {
  const rounds = new Map(sides.map((side) => [side, [] as Round[]]));
  const begin = performance.now();
  const goesOn = (): boolean => {
    const time = performance.now() - begin;
    return time < budget || (time < longest && !enough(sides, rounds));
  };
  const places = randomOrder(sides.length * most, 2 ** 31);
  let turns = 0;
  for (; turns < most && (turns < TURNS_MIN || goesOn()); turns++) {
    for (const side of inTurn(sides, places.subarray(turns * sides.length))) {
      const done = await side.run();
      rounds.get(side)?.push(...(typeof done === 'number' ? [{ time: done }] : [done].flat()));
      // What one leaves for the background is not to run in the time of the next.
      await turn();
    }
  }
  return { turns, rounds };
}

/** True if there are calm rounds enough for every figure, or nobody can tell. */
function enough(sides: readonly Side[], rounds: Rounds): boolean {
  const calm = new Map(sides.map((side) => [side, (rounds.get(side) ?? []).map(isCalm)]));
  const own = sides.filter(({ role }) => role === 'varve');
  const pairs = own.flatMap((side) => [side, ...rivals(side, sides)].map((other) => [side, other] as const));
  return pairs.every(([side, other]) => {
    const theirs = calm.get(other) ?? [];
    const judged = (calm.get(side) ?? []).map((one, round) => both(one, theirs[round]));
    return judged.includes(undefined) || judged.filter(Boolean).length >= WANTED;
  });
}

/** Those that a side which is varve is held against. */
function rivals({ against }: Side, sides: readonly Side[]): readonly Side[] {
  return sides.filter(
    ({ name, role }) => role !== 'varve' && (against === undefined || against.includes(name)),
  );
}

function figuresOf({ sides, entries, unit }: Contest, side: Side, rounds: Rounds): Figures {
  const samplesOf = (of: Side): Sample[] => {
    const scale = unit === 'ms' ? 1e6 : (of.entries ?? entries);
    return (rounds.get(of) ?? []).map((round) => ({ value: round.time / scale, calm: isCalm(round) }));
  };
  const own = samplesOf(side);
  const others = rivals(side, sides).map((other): Other => {
    const theirs = samplesOf(other);
    const { name, role } = other;
    return {
      name,
      role: role as Other['role'],
      value: summarizeCalm(theirs),
      ratio: summarizeCalm(ratios(own, theirs)),
    };
  });
  return { side: side.name, value: summarizeCalm(own), others };
}

/**
 * Of rounds of the same turn, calm where both are. The calm medians by each other would be a ratio of more rounds, but there is more than the
 * other half of the core: the clock of the processor and how much others ask of the memory change slowly, the probe does not see it, and
 * it is much the same for rounds one after the other. And there would be no quartiles to say how sure a ratio is.
 */
function ratios(own: readonly Sample[], theirs: readonly Sample[]): Sample[] {
  return theirs.map(({ value, calm }, round) => ({
    value: (own[round]?.value ?? Number.NaN) / value,
    calm: both(own[round]?.calm, calm),
  }));
}

function both(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  return one === undefined || other === undefined ? undefined : one && other;
}

/** Another order every time, so that nobody always comes behind the same one, whose traces on the disk or in caches would be his burden. */
function inTurn(sides: readonly Side[], places: Uint32Array): readonly Side[] {
  if (sides.length <= 2) return sides;
  return sides
    .map((side, i) => ({ side, place: places[i] ?? 0 }))
    .sort((a, b) => a.place - b.place)
    .map(({ side }) => side);
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
