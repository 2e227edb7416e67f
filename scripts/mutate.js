// Breaks the program in one place at a time, and tells which of these breaks no test notices.
//
//   npm run mutate -- [--only part of a name] [--quick] [--again] [--list] [--jobs 2] [--seconds 120] [--nice 10]
//
// A mutant is a place in src/ or native/ where a call, a check or a bound is taken out (scripts/mutation/operators.js). Each
// one is put into a copy of the build, where the tests that reach it run until one fails. --quick takes those on which crashes
// depend; --again those that survived the last run; --seconds bounds the tests for one mutant, and --nice how much of the
// machine they get. What cannot be noticed by anybody stands in test/mutation/equivalent.json with the reason. Exit code 1 if
// there are survivors, or reasons for mutants that do not exist.
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measuredTests } from './mutation/measures.js';
import { allMutants, isCritical } from './mutation/mutants.js';
import { inParallel } from './mutation/parallel.js';
import { reportOf } from './mutation/report.js';
import { Tree } from './mutation/tree.js';
import { compile, root } from './run.js';

const EQUIVALENT = join(root, 'test/mutation/equivalent.json');
const MUTANTS = join(root, 'build/mutants');
const MEASURES = join(MUTANTS, 'measures.json');
const SURVIVORS = join(MUTANTS, 'survivors.json');

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '120' },
    nice: { type: 'string', default: '10' },
  },
});

if (!compile('tsconfig.json')) process.exit(1);
const known = allMutants(root);
const equivalent = new Map(
  JSON.parse(readFileSync(EQUIVALENT, 'utf8')).map(({ mutant, why }) => [mutant, why]),
);
const chosen = chooseMutants(known);
if (options.list) console.log(chosen.map(({ key }) => key).join('\n'));
else process.exitCode = await run(chosen);

function chooseMutants(mutants) {
  const last = options.again ? new Set(JSON.parse(readFileSync(SURVIVORS, 'utf8'))) : undefined;
  return mutants
    .filter(({ key }) => key.includes(options.only))
    .filter((mutant) => !options.quick || isCritical(mutant))
    .filter(({ key }) => last === undefined || last.has(key));
}

async function run(mutants) {
  os.setPriority(Number(options.nice));
  const started = Date.now();
  const results = mutants
    .filter(({ key }) => equivalent.has(key))
    .map((mutant) => ({ mutant, outcome: 'equivalent', note: '' }));
  const queue = mutants.filter(({ key }) => !equivalent.has(key));
  const trees = Array.from({ length: Number(options.jobs) }, (_, i) => new Tree(root, join(MUTANTS, `${i}`)));
  const { tests, failing } = await measuredTests(root, trees, known, MEASURES);
  for (const { source } of failing) console.log(`left out, as it fails without any mutant: ${source}`);
  await inParallel(trees, queue, async (tree, mutant) => {
    const result = await tryMutant(tree, mutant, tests);
    results.push(result);
    if (result.outcome === 'survivor') console.log(`survives: ${mutant.key} (${result.note})`);
    else if (process.stderr.isTTY) process.stderr.write(`\r${results.length} of ${mutants.length} `);
  });
  console.log(`\n${reportOf(results)}\n`);
  const survivors = results.filter(({ outcome }) => outcome === 'survivor');
  writeFileSync(SURVIVORS, JSON.stringify(survivors.map(({ mutant }) => mutant.key)));
  const stale = [...equivalent.keys()].filter((key) => !known.some((mutant) => mutant.key === key));
  for (const key of stale)
    console.log(`test/mutation/equivalent.json knows a mutant that does not exist: ${key}`);
  console.log(`mutate: ${survivors.length} survivors, ${Math.round((Date.now() - started) / 1000)} s`);
  return survivors.length + stale.length > 0 ? 1 : 0;
}

async function tryMutant(tree, mutant, tests) {
  const reaching = tests.filter((test) => (mutant.native ? test.native : test.reached.has(mutant)));
  if (reaching.length === 0) return { mutant, outcome: 'survivor', note: 'no test reaches it' };
  return tree.with(mutant, async () => {
    if (mutant.native && !tree.buildsAddon()) return { mutant, outcome: 'invalid', note: '' };
    const until = Date.now() + Number(options.seconds) * 1000;
    const queue = reaching.sort((one, other) => one.price - other.price);
    let passed = 0;
    for (; passed < queue.length && Date.now() < until; passed++) {
      if (await queue[passed].catches(tree)) return { mutant, outcome: 'caught', note: queue[passed].source };
    }
    const unused = queue.slice(passed).map(({ source }) => source);
    const note = `${passed} tests reach it${unused.length > 0 ? `; not run: ${unused.join(', ')}` : ''}`;
    return { mutant, outcome: 'survivor', note };
  });
}
