/**
 * `npm run bench:check -- [part of a name …] [options]`: counts what operations cost, and compares with bench/check/baseline.json. Ends with
 * exit code 1 if something costs more.
 *
 *   --update              keeps what was counted
 *   --all                 shows also what is as it was
 *   --functions=<work>    where the instructions of that work are spent; compares nothing
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { addonProblem, loadAddon } from '../../src/base/native-loader.js';
import { BENCH_ROOT } from '../lib/paths.js';
import { type Baseline, compare, isBad, type Origin } from './compare.js';
import { countAll } from './count.js';
import type { Counted } from './counts.js';
import { byFunction } from './functions.js';
import { compileMarks, dumpsOf } from './instructions.js';
import { summaryOf, tableOf } from './report.js';

const BASELINE = join(BENCH_ROOT, 'check/baseline.json');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    update: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    functions: { type: 'string' },
  },
});

if (values.functions === undefined) await check(positionals, values.update);
else await showFunctions(values.functions);

async function check(asked: readonly string[], update: boolean): Promise<void> {
  const { works, remarks, left } = await countAll(asked, (text) => console.error(`check: ${text}`));
  const kept = baseline();
  const findings = compare(kept, works, origin(), left);
  for (const line of [...tableOf(findings, values.all), '', ...remarks, ...summaryOf(findings)])
    console.log(line);
  if (update) keep(kept, works, asked.length === 0 && left.size === 0);
  else if (findings.some(isBad)) process.exitCode = 1;
}

function baseline(): Baseline {
  if (!existsSync(BASELINE)) return { date: '', origin: origin(), works: {} };
  return JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline;
}

function origin(): Origin {
  const features = loadAddon()?.features;
  return {
    platform: `${platform()}-${arch()}`,
    node: process.version.slice(1),
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    addon: features === undefined ? `none: ${addonProblem()}` : `${features.flush}, ${features.crc32c}`,
  };
}

/** What was not counted this time stays, unless that was everything, or what is kept came to be on another machine. */
function keep(kept: Baseline, works: Counted, everything: boolean): void {
  const here = origin();
  const alike = JSON.stringify(kept.origin) === JSON.stringify(here);
  const merged = { ...(alike && !everything ? kept.works : {}) };
  for (const [work, counts] of Object.entries(works)) merged[work] = { ...merged[work], ...rounded(counts) };
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(BASELINE, `${JSON.stringify({ date, origin: here, works: merged }, undefined, 2)}\n`);
  console.log(`check: kept in ${BASELINE}`);
}

function rounded(counts: Counted[string]): Counted[string] {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count.toFixed(3))]));
}

async function showFunctions(work: string): Promise<void> {
  const marks = compileMarks();
  if ('problem' in marks) {
    console.error(`check: instructions cannot be counted: ${marks.problem}`);
    process.exitCode = 1;
    return;
  }
  const { dumps, code } = await dumpsOf(work, marks.file, true);
  const last = dumps.at(-1);
  if (last === undefined) throw new Error('valgrind wrote nothing');
  for (const [name, cost] of byFunction(last.text, code)) {
    if (cost >= last.operations) console.log(`${(cost / last.operations).toFixed(1).padStart(10)}  ${name}`);
  }
}
