import type { Comparison, Measured } from '../lib/record.js';
import { bracketed, digits, ofAll, quantity } from './format.js';
import { matches } from './pattern.js';

/** What was set out to be reached. */
export interface Target {
  readonly text: string;
  /** Keys of rows, `*` for any part of one. */
  readonly rows: readonly string[];
  /** Names of those whose ratio counts, `*` for any part; left out: varve's own figure counts, in its unit. */
  readonly against?: string;
  /** The figure that is still well. */
  readonly most: number;
}

/** A target, and what was measured of it. */
export interface Verdict {
  readonly target: Target;
  readonly cases: readonly Case[];
}

export interface Case {
  readonly row: Comparison;
  /** Whom it was held against; undefined: nobody. */
  readonly other: string | undefined;
  readonly figure: string;
  readonly met: boolean;
}

const UP_TO_KIB = [8, 64, 256, 1024].map((size) => `append/pmem-persisted/${size}`);
/** Of another day, 64 B: pmemstream persisted every 256 entries took 272 ns beside a floor of two flushes and fences of 513 ns. */
const PMEMSTREAM_256 = 272 / 513;

/** Space that entries of an earlier life had, as in a log that is trimmed, and space never used. */
const DISK = [
  { space: 'space used before', side: '*-reused-space' },
  { space: 'space never used', side: '*-fresh-space' },
];

/** The targets of the page. */
export const TARGETS: readonly Target[] = [
  {
    text: 'persisted one by one on cache lines: at most 1.15 of copy, flush and fence in C',
    rows: ['append/pmem-persisted/*'],
    against: 'copy, flush, fence',
    most: 1.15,
  },
  {
    text: 'the same, up to 1 KiB: 1.8 times as fast as libpmemlog (at most 0.56 of its time)',
    rows: UP_TO_KIB,
    against: 'libpmemlog',
    most: 1 / 1.8,
  },
  {
    text: 'the same, at 64 KiB: ahead of libpmemlog',
    rows: ['append/pmem-persisted/65536'],
    against: 'libpmemlog',
    most: 1,
  },
  {
    text: 'the same, up to 1 KiB: 1.8 times as fast as pmemstream; it is not installed here: its store protocol, two flushes and fences for each entry, is the least that it takes',
    rows: UP_TO_KIB,
    against: 'copy, two flushes and fences',
    most: 1 / 1.8,
  },
  { text: 'committed: at most 40 ns at 64 B', rows: ['append/pmem-committed/64'], most: 40 },
  {
    text: "persisted for every 256, 64 B: 4 times pmemstream's rate. It took 272 ns on another day, where two flushes and fences took 513: at most 0.13 of these",
    rows: ['append/pmem-groups/64'],
    against: 'copy, two flushes and fences each',
    most: PMEMSTREAM_256 / 4,
  },
  ...DISK.flatMap(({ space, side }): Target[] => [
    {
      text: `on a disk, ${space}, one by one: at most 1.1 of one bare write and fdatasync`,
      rows: [`disk/*/alone/${side}`],
      against: 'write and fdatasync*',
      most: 1.1,
    },
    {
      text: `on a disk, ${space}, 256 in flight: 0.9 of the rate of one bare write and fdatasync for 256 (at most 1.11 of the time)`,
      rows: [`disk/*/256/${side}`],
      against: 'write and fdatasync*',
      most: 1 / 0.9,
    },
    {
      text: `on a disk, ${space}, 256 in flight: ahead of every other library`,
      rows: [`disk/*/256/${side}`],
      against: '[peer]',
      most: 1,
    },
    {
      text: `on a disk, ${space}, 1024 in flight: 2 times as fast as every other library (at most 0.5 of its time)`,
      rows: [`disk/*/1024/${side}`],
      against: '[peer]',
      most: 0.5,
    },
  ]),
  {
    text: "cursor: twice pmemstream's 33 M/s of another day, so at most 15.2 ns an entry",
    rows: ['read/pmem-cursor/later'],
    most: 1e3 / 66,
  },
  {
    text: "for…of: pmemstream's 33 M/s, so at most 30.3 ns an entry",
    rows: ['read/pmem-for-of/pass'],
    most: 1e3 / 33,
  },
  { text: 'opening after a clean close: under 5 ms however many entries', rows: ['open/*/clean*'], most: 5 },
];

/** What became of a target; without cases where nothing was measured of it. */
export function judge(target: Target, rows: readonly Comparison[]): Verdict {
  const chosen = rows.filter(({ key }) => target.rows.some((pattern) => matches(pattern, key)));
  return { target, cases: chosen.flatMap((row) => casesOf(target, row)) };
}

function casesOf({ against, most }: Target, row: Comparison): Case[] {
  if (against === undefined) {
    const figure = figureOf(row.value, (median) => quantity(median, row.unit));
    return [{ row, other: undefined, figure, met: row.value.median <= most }];
  }
  return row.others
    .filter(({ name, role }) => (against === '[peer]' ? role === 'peer' : matches(against, name)))
    .map(({ name, ratio }) => ({
      row,
      other: name,
      figure: figureOf(ratio, digits),
      met: ratio.median <= most,
    }));
}

function figureOf(value: Measured, text: (median: number) => string): string {
  return `${text(value.median)}${bracketed(ofAll(value, text))}`;
}
