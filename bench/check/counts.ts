/** What was counted of one work, by the name of the count. */
export type Counts = Readonly<Record<string, number>>;

/** Counts by work. */
export type Counted = Readonly<Record<string, Counts>>;

/** What must be alike for two counts to be compared. */
type Likeness = 'platform' | 'node' | 'machine';

/** What is counted, and what is still the same. */
export interface Measure {
  readonly title: string;
  /** Decimals that are shown. */
  readonly decimals: number;
  /** A count may exceed the one that is kept by this part of it, */
  readonly part: number;
  /** or by so much. */
  readonly slack: number;
  readonly likeness: Likeness;
  /** The count that is kept which it may not exceed, if that is another one. */
  readonly against?: string;
}

/**
 * Exact counts are allowed nothing but the odd event that comes once in a run. Instructions repeat to a tenth of a percent. Of times
 * only that counts which no noise explains: that the best of several processes is behind what was the worst of them, or the worst far behind it.
 */
export const MEASURES: Readonly<Record<string, Measure>> = {
  instructions: { title: 'instructions', decimals: 0, part: 0.02, slack: 2, likeness: 'node' },
  heap: { title: 'bytes of the heap', decimals: 1, part: 0, slack: 1, likeness: 'node' },
  deopts: { title: 'deoptimisations of a run', decimals: 0, part: 0, slack: 0, likeness: 'node' },
  border: { title: 'native calls', decimals: 2, part: 0, slack: 0.02, likeness: 'platform' },
  syncs: { title: 'syncs', decimals: 2, part: 0, slack: 0.02, likeness: 'platform' },
  writes: { title: 'writes', decimals: 2, part: 0, slack: 0.02, likeness: 'platform' },
  written: { title: 'bytes written', decimals: 0, part: 0.01, slack: 16, likeness: 'platform' },
  calls: { title: 'other system calls', decimals: 2, part: 0.05, slack: 0.02, likeness: 'platform' },
  ratio: {
    title: 'times the floor, best process',
    decimals: 2,
    part: 0.1,
    slack: 0,
    likeness: 'machine',
    against: 'worst',
  },
  worst: {
    title: 'times the floor, worst process',
    decimals: 2,
    part: 0.75,
    slack: 0,
    likeness: 'machine',
  },
};
