import { appendFileSync } from 'node:fs';
import { printRemark, printRow } from './console.js';
import { compete } from './contest.js';
import type { Bench } from './groups.js';
import type { BenchRecord } from './record.js';

/** What the process of a group is told on its command line. */
interface Orders {
  readonly part: string;
  readonly group: string;
  readonly work: string;
  readonly records: string;
  readonly quick: boolean;
}

/** What a group works with: prints what it is handed, and appends it to the file of records. */
export function benchOf({ part, group, work, records, quick }: Orders, table: string): Bench {
  const origin = { part, group };
  const keep = (record: BenchRecord): void => appendFileSync(records, `${JSON.stringify(record)}\n`);
  const note = (leftOut: boolean, text: string): void => {
    keep({ kind: 'remark', ...origin, leftOut, text });
    printRemark(leftOut ? `LEFT OUT: ${text}` : text);
  };
  const row: Bench['row'] = (free) => {
    const comparison = {
      kind: 'comparison',
      ...origin,
      ...free,
      key: `${part}/${group}/${free.key}`,
    } as const;
    keep(comparison);
    printRow(comparison);
  };
  return {
    directory: work,
    quick,
    row,
    remark: (text) => note(false, text),
    leaveOut: (text) => note(true, text),
    line(free) {
      keep({ kind: 'line', ...origin, ...free });
      printRemark(`${free.series}: ${free.points.map(({ x, y }) => `${x}: ${y.toPrecision(3)}`).join(', ')}`);
    },
    async measure(contest) {
      const outcome = await compete(contest, quick);
      const several = outcome.figures.length > 1;
      for (const { side, value, others } of outcome.figures) {
        row({
          key: several ? `${contest.key}/${slug(side)}` : contest.key,
          table: contest.table ?? table,
          row: several ? `${contest.name}: ${side}` : contest.name,
          unit: contest.unit ?? 'ns',
          value,
          others,
          rounds: outcome.rounds,
        });
      }
      return outcome;
    },
  };
}

/** A name as a part of a key. */
function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
