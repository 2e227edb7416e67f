import type { Contest, Outcome } from './contest.js';
import type { PlaceKind } from './place.js';
import type { FreeComparison, FreeLine } from './record.js';

/** What a group of benchmarks works with. What is handed to it is shown, and kept for the page. */
export interface Bench {
  /** For the group's files; it is emptied after the run. */
  readonly directory: string;
  /** True if it is to be over soon, and figures may be rough. */
  readonly quick: boolean;
  /** Runs a contest: one row of a table for each side that is varve. */
  measure(contest: Contest): Promise<Outcome>;
  /** A row that was measured otherwise. Its key gets `<part>/<group>/` in front. */
  row(row: FreeComparison): void;
  /** A line of a chart. */
  line(line: FreeLine): void;
  /** Something to be known about the figures. */
  remark(text: string): void;
  /** Something that is not measured, and why. */
  leaveOut(text: string): void;
}

/**
 * Benchmarks of one kind of medium and one kind of work, in a process of their own: a second kind would slow the first, since the
 * compiler keeps one set of profiles for both.
 */
export interface Group {
  /** Lower case, digits and hyphens. */
  readonly name: string;
  /** What the figures stand under; `{place}` in it becomes the description of the place. */
  readonly title: string;
  readonly place: PlaceKind;
  /** True if it cannot run without the native addon. */
  readonly needsAddon: boolean;
  run(bench: Bench): Promise<void>;
}

/** A part of the harness: `npm run bench -- <name>`. */
export interface Part {
  readonly name: string;
  /** Its heading on the page. */
  readonly title: string;
  /** What stands under the heading: what is measured, and how. */
  readonly text: string;
  readonly groups: readonly Group[];
}
