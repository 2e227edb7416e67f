/**
 * `npm run bench -- [part …] [options]`: measures, keeps the results in bench/results/latest.json, and makes docs/benchmarks.md and the figures of README.md of them.
 *
 *   --quick              rough figures, soon; nothing is kept and no page is written, unless --out says where
 *   --out=<directory>    results and page go there
 *   --page               no measuring: makes the page of the results that are there
 *   --group=<name>       groups of the parts whose names begin so
 *   --dir=<directory>    to be used as the disk; else that for temporary files
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Drive, drivePart } from './lib/drive.js';
import { environment } from './lib/environment.js';
import { BENCH_ROOT } from './lib/paths.js';
import { installPeers } from './lib/peers.js';
import { LATEST, loadResults, merged, type Results, saveResults } from './lib/results.js';
import { writePage } from './page/page.js';
import { writeFigures } from './page/readme.js';
import { PARTS } from './parts.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    page: { type: 'boolean', default: false },
    group: { type: 'string', default: '' },
    dir: { type: 'string' },
  },
});
const { quick, out, page, group, dir } = values;
const unknown = positionals.filter((name) => !(name in PARTS));
const keeps = !quick || out !== undefined;
const results = out === undefined ? LATEST : join(out, 'latest.json');

if (unknown.length > 0) {
  console.error(`bench: there is no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  process.exitCode = 2;
} else {
  const all = page ? loadResults(results) : await measure(positionals, { quick, disk: dir, group });
  if (keeps) await show(all);
}

async function measure(asked: readonly string[], drive: Drive): Promise<Results> {
  installPeers();
  let all = loadResults(results);
  for (const [name, load] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const { part } = await load();
    const { records, groups, places, well } = await drivePart(part, drive);
    if (groups.length === 0) continue;
    if (!well) process.exitCode = 1;
    const date = new Date().toISOString().slice(0, 10);
    const fresh = { date, quick, environment: environment(places), records };
    all = merged(all, name, fresh, drive.group === '' ? undefined : groups);
    // After every part: a run that is broken off has not been for nothing.
    if (keeps) saveResults(results, all);
  }
  return all;
}

async function show(all: Results): Promise<void> {
  const directory = out ?? join(BENCH_ROOT, '../docs');
  const parts = await Promise.all(Object.values(PARTS).map(async (load) => (await load()).part));
  writePage(directory, all, parts);
  if (out === undefined) writeFigures(join(BENCH_ROOT, '../README.md'), all);
  console.log(`\nbench: wrote ${join(directory, 'benchmarks.md')}`);
}
