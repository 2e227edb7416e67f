// Searches for faults for as long as it is let: every test/**/*.soak.ts, one after the other, each in several processes.
//
//   node scripts/soak.js [part of a path …] [--minutes N] [--seed N] [--shards N]
//
// Minutes are of each part at most. Ends with one line of JSON for each part, for docs/guarantees.md; exit code 1 after a finding.
import { fork } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, root } from './run.js';

const HERE = fileURLToPath(import.meta.url);

if (process.send) await runShard(JSON.parse(process.argv[2]));
else await runAll();

/** Runs one part in this process, and sends what it did to the parent. */
async function runShard({ file, request }) {
  const { part } = await import(pathToFileURL(file).href);
  try {
    process.send({ name: part.name, tally: await part.run(request) });
  } catch (error) {
    process.send({ name: part.name, finding: error.stack });
  }
  process.disconnect();
}

async function runAll() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      shards: { type: 'string', default: '2' },
    },
  });
  if (!compile('tsconfig.json')) process.exit(1);
  const files = soakFiles(positionals);
  if (files.length === 0) throw new Error('soak: there is no test/**/*.soak.ts with that in its path');
  const results = [];
  for (const file of files) {
    const result = await runPart(file, values);
    results.push(result);
    console.log(result.text);
  }
  const failed = results.filter((result) => result.failed);
  console.log(failed.length === 0 ? 'soak: nothing was found' : `soak: ${failed.length} parts with findings`);
  process.exit(failed.length === 0 ? 0 : 1);
}

function soakFiles(patterns) {
  return readdirSync(join(root, 'build/test'), { recursive: true })
    .filter((name) => name.endsWith('.soak.js'))
    .filter((name) => patterns.length === 0 || patterns.some((pattern) => name.includes(pattern)))
    .sort()
    .map((name) => join(root, 'build/test', name));
}

async function runPart(file, { minutes, seed, shards }) {
  const started = Date.now();
  const until = started + Number(minutes) * 60_000;
  const requests = Array.from({ length: Number(shards) }, (_, shard) => ({
    seed: Number(seed),
    until,
    shard,
    shards: Number(shards),
  }));
  const answers = await Promise.all(requests.map((request) => inProcess(file, request)));
  const findings = answers.flatMap(({ finding }) => (finding === undefined ? [] : [finding]));
  const line = {
    part: answers[0].name,
    date: new Date(started).toISOString().slice(0, 10),
    seed: Number(seed),
    seconds: Math.round((Date.now() - started) / 1000),
    ...sum(answers.map(({ tally }) => tally ?? {})),
  };
  return { failed: findings.length > 0, text: [...findings, JSON.stringify(line)].join('\n') };
}

/** What one shard answered; one that died without an answer is a finding too. */
function inProcess(file, request) {
  return new Promise((resolve) => {
    const child = fork(HERE, [JSON.stringify({ file, request })], {
      // Short-lived objects without number: a larger nursery saves a fifth of the time.
      execArgv: ['--enable-source-maps', '--expose-gc', '--max-semi-space-size=64'],
    });
    let answer = { name: file, finding: `${file}: shard ${request.shard} died without an answer` };
    child.on('message', (message) => {
      answer = message;
    });
    child.on('exit', () => resolve(answer));
  });
}

function sum(tallies) {
  const total = {};
  for (const tally of tallies) {
    for (const [key, count] of Object.entries(tally)) total[key] = (total[key] ?? 0) + count;
  }
  return total;
}
