import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from './environment.js';
import { BENCH_ROOT } from './paths.js';
import type { BenchRecord } from './record.js';

/** What one run of a part brought. */
export interface PartResults {
  /** The day, in UTC. */
  readonly date: string;
  readonly quick: boolean;
  readonly environment: Environment;
  readonly records: readonly BenchRecord[];
}

/** The last results of every part. */
export interface Results {
  readonly parts: Readonly<Record<string, PartResults>>;
}

/** The results that the page in the repository is made of. */
export const LATEST = join(BENCH_ROOT, 'results/latest.json');

export function loadResults(path: string): Results {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { parts: {} };
    throw error;
  }
}

/** One line for each record, so that a change to the file can be read. */
export function saveResults(path: string, { parts }: Results): void {
  const texts = Object.entries(parts).map(([name, { records, ...head }]) => {
    const lines = records.map((record) => `\n      ${JSON.stringify(record)}`);
    return `    ${JSON.stringify(name)}: ${JSON.stringify(head).slice(0, -1)}, "records": [${lines.join(',')}\n    ]}`;
  });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `{\n  "parts": {\n${texts.join(',\n')}\n  }\n}\n`);
}

/** Puts new results of a part in the place of the old ones; of the groups named only, where some are. */
export function merged(
  old: Results,
  part: string,
  results: PartResults,
  groups: readonly string[] | undefined,
): Results {
  const before = old.parts[part]?.records ?? [];
  const kept = groups === undefined ? [] : before.filter(({ group }) => !groups.includes(group));
  const records = inOrder([...kept, ...results.records], before);
  return { parts: { ...old.parts, [part]: { ...results, records } } };
}

/** Groups stand where they stood. */
function inOrder(records: readonly BenchRecord[], before: readonly BenchRecord[]): BenchRecord[] {
  const order = [...new Set([...before, ...records].map(({ group }) => group))];
  return order.flatMap((name) => records.filter(({ group }) => group === name));
}
