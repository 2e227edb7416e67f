import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../lib/groups.js';
import type { Line } from '../lib/record.js';
import type { Results } from '../lib/results.js';
import { grouped } from './grouped.js';
import { lineChart } from './line-chart.js';

/** Writes benchmarks.md and its pictures into `directory`. */
export function writePage(directory: string, { parts: results }: Results, parts: readonly Part[]): void {
  mkdirSync(join(directory, 'benchmarks'), { recursive: true });
  const texts = parts.flatMap((part) => {
    const records = results[part.name]?.records ?? [];
    const lines = records.filter((record): record is Line => record.kind === 'line');
    const charts = [...grouped(lines, ({ chart }) => chart)];
    for (const [chart, of] of charts)
      writeFileSync(join(directory, 'benchmarks', `${chart}.svg`), lineChart(of));
    return [
      `## ${part.title}`,
      part.text,
      ...charts.map(([chart, [first]]) => `![${first?.title}](benchmarks/${chart}.svg)`),
    ];
  });
  writeFileSync(join(directory, 'benchmarks.md'), `${texts.join('\n\n')}\n`);
}
