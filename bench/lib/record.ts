import type { Summary } from './stats.js';

/** Who took part: varve itself, the least that the work can cost on this machine, or another library. */
export type Role = 'varve' | 'floor' | 'peer';

/** What is counted. Of all of them less is better: nanoseconds an entry, milliseconds, bytes, entries behind, … */
export type Unit = 'ns' | 'us' | 'ms' | 'B' | 'MiB';

/** A figure of several rounds. */
export interface Measured extends Summary {
  /** The share of the rounds that were calm (lib/calm.ts). Left out: that is not known, and all rounds count. */
  readonly calm?: number;
  /** The median of all rounds. There if the figure itself is of the calm ones only; where `calm` stands without it, these were too few. */
  readonly all?: number;
}

/** Somebody that varve was held against in the same run. */
export interface Other {
  readonly name: string;
  readonly role: Exclude<Role, 'varve'>;
  readonly value: Measured;
  /** varve's value by this one's, of rounds that ran one after the other: below 1 varve is ahead. Calm is a pair of calm rounds. */
  readonly ratio: Measured;
}

/** Where a record comes from; `Bench` fills it in. */
export interface Origin {
  /** The part of the harness, as it is asked for on the command line. */
  readonly part: string;
  readonly group: string;
}

/** A row of a table: one figure of varve, and those that stood beside it. */
export interface Comparison extends Origin {
  readonly kind: 'comparison';
  /** Names the row for ever, by `<part>/<group>/<what>`: targets and reasons are kept under it. */
  readonly key: string;
  /** The table's title: rows of one title and part stand together, in the order of the records. */
  readonly table: string;
  readonly row: string;
  readonly unit: Unit;
  readonly value: Measured;
  readonly others: readonly Other[];
  readonly rounds: number;
  /** Said behind the row. */
  readonly remark?: string;
}

/** How an axis is drawn. */
export interface Axis {
  readonly label: string;
  readonly scale: 'log' | 'linear';
  /** How its ticks are written: 10 k, 10 KiB, or nanoseconds as 10 us. Left out: 'count'. */
  readonly format?: 'count' | 'bytes' | 'time';
}

/** A point of a line. `low` and `high` are drawn as a bar through it. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly low?: number;
  readonly high?: number;
}

/** One line of a chart. The lines of one `chart` are drawn into one picture, docs/benchmarks/<chart>.svg. */
export interface Line extends Origin {
  readonly kind: 'line';
  /** Lower case, digits and hyphens. */
  readonly chart: string;
  /** Stands above the chart; a chart has the title, the axes and the note of its first line. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** What the line stands for. */
  readonly series: string;
  readonly role: Role;
  readonly points: readonly Point[];
  /** A sentence or two under the chart. */
  readonly note?: string;
}

/** Something to be known, or that was left out, with the reason. */
export interface Remark extends Origin {
  readonly kind: 'remark';
  /** True if something was to be measured and was not. */
  readonly leftOut: boolean;
  readonly text: string;
}

export type BenchRecord = Comparison | Line | Remark;

type Free<T> = Omit<T, keyof Origin | 'kind'>;

/** What a benchmark says of itself; the harness adds where it comes from. */
export type FreeComparison = Free<Comparison>;
export type FreeLine = Free<Line>;
