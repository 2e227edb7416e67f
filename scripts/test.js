// Compiles everything into build/ and runs the tests found there, each file in a process of its own.
//
//   node scripts/test.js [--only] [part of a path …]
//
// With --only type errors are shown, but the tests run in spite of them. The last line is `N passed, N failed[, N skipped]`.
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { compile, root } from './run.js';
import { FileReport } from './test-report.js';

/** One more than there are processors where the tests are to end soon: many of them mostly wait. */
const CONCURRENCY = 3;
const TIME_LIMIT_MS = 120_000;

/** The test sources, from the project's root, that have one of the patterns in their path. */
function testFiles(patterns) {
  let names;
  try {
    names = readdirSync(join(root, 'test'), { recursive: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    names = [];
  }
  return names
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name.split(sep).join('/')}`)
    .filter((name) => patterns.length === 0 || patterns.some((pattern) => name.includes(pattern)))
    .sort();
}

/** Runs one compiled test file and prints what came of it. */
async function runFile(source) {
  const file = join(root, 'build', source.replace(/\.ts$/, '.js'));
  const report = new FileReport(source, file);
  for await (const event of run({ files: [file], timeout: TIME_LIMIT_MS, concurrency: 1 }))
    report.take(event);
  console.log(report.text());
  return report;
}

async function runAll(sources) {
  const reports = [];
  const queue = [...sources];
  const worker = async () => {
    for (let source = queue.shift(); source !== undefined; source = queue.shift()) {
      reports.push(await runFile(source));
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return reports;
}

function summary(reports, extraFailures) {
  const sum = (key) => reports.reduce((total, report) => total + report[key].length, 0);
  const [passed, failed, skipped] = [sum('passed'), sum('failed') + extraFailures, sum('skipped')];
  const text = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { text, ok: failed === 0 && passed > 0 };
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'boolean' } } });
const compiled = compile('tsconfig.json');
if (!compiled) console.log(`test: type errors, see above; ${values.only ? 'going on' : 'no test was run'}`);

const sources = compiled || values.only ? testFiles(positionals) : [];
if ((compiled || values.only) && sources.length === 0) {
  const filter = positionals.length > 0 ? ` with ${positionals.join(' or ')} in its path` : '';
  console.log(
    `test: there is no test/**/*.test.ts${filter}${relative(process.cwd(), root) ? ` in ${root}` : ''}`,
  );
}
const reports = await runAll(sources);

const skipped = reports.flatMap((report) => report.skipped.map((skip) => `  ${report.source}: ${skip}`));
if (skipped.length > 0) console.log(['', 'SKIPPED here, and why:', ...skipped].join('\n'));
const broken = reports.filter((report) => report.failed.length > 0);
if (broken.length > 0) console.log(`\nFAILED: ${broken.map((report) => report.source).join(', ')}`);
const { text, ok } = summary(reports, compiled ? 0 : 1);
console.log(`\n${text}`);
// Not left to the event loop: a process that a test forgot may still hold the pipe of its output open.
process.exit(ok ? 0 : 1);
