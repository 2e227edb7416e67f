import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addonProblem } from '../../src/base/native-loader.js';
import type { VarveErrorCode } from '../../src/index.js';
import { markedBlocks, page, section, tableRows } from './pages.js';

const README = page('README.md');
const HOOK = new URL('../examples/use-this-build.js', import.meta.url).href;
const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** An empty directory on a disk, where files can be mapped; gone after the test. */
function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'varve-docs-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Runs a program that says `from 'varve'`; what it prints. */
function run(directory: string, name: string, code: string): string {
  writeFileSync(join(directory, name), code);
  return execFileSync(process.execPath, ['--import', HOOK, name], { cwd: directory, encoding: 'utf8' });
}

const blocks = markedBlocks(README);
const codeOf = (mark: string) => blocks.find((block) => block.mark === mark)?.code ?? assert.fail(mark);

test('the first program prints what the page says, run twice', (t) => {
  const directory = scratch(t);
  const program = codeOf('program: first.mjs');
  const printed = run(directory, 'first.mjs', program) + run(directory, 'first.mjs', program);
  assert.equal(printed, codeOf('prints: first.mjs'));
});

test('the snippets run, and give the values that the page shows', (t) => {
  const snippets = blocks.filter(({ mark }) => mark === 'snippet').map(({ code }) => code);
  const checked = snippets.join('\n').replace(/^(.+); \/\/ → (.+)$/gm, 'assert.deepEqual($1, $2); shown++;');
  const shown = checked.split(' shown++;').length - 1;
  assert.ok(shown >= 10, 'the snippets show values');
  const head = `import assert from 'node:assert/strict';\nlet shown = 0;\n`;
  const program = `${head}${checked}\nconsole.log(shown);\n`;
  assert.equal(run(scratch(t), 'snippets.mjs', program), `${shown}\n`);
});

test('the command line prints what the page says', (t) => {
  if (addonProblem() !== undefined) return t.skip(`the page shows the medium page-cache. ${addonProblem()}`);
  const directory = scratch(t);
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'varve'), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, {
    mode: 0o755,
  });
  const shown = codeOf('shell');
  const commands = Array.from(shown.matchAll(/^\$ (.*)$/gm), ([, command = '']) => command);
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env['PATH']}` };
  const seen = commands.map((command) => {
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: directory, env, encoding: 'utf8' });
    return `$ ${command}\n${stdout}${stderr}`;
  });
  assert.equal(seen.join(''), shown);
});

test('the table of errors has every code, and no other', () => {
  const codes: Record<VarveErrorCode, true> = {
    VARVE_ARGUMENT: true,
    VARVE_BUSY: true,
    VARVE_CLOSED: true,
    VARVE_CONFLICT: true,
    VARVE_CORRUPT: true,
    VARVE_EXISTS: true,
    VARVE_FULL: true,
    VARVE_IO: true,
    VARVE_LOCKED: true,
    VARVE_MISMATCH: true,
    VARVE_NOT_A_STREAM: true,
    VARVE_NOT_FOUND: true,
    VARVE_POISONED: true,
    VARVE_READ_ONLY: true,
    VARVE_REGION_FREED: true,
    VARVE_TRIMMED: true,
  };
  const rows = tableRows(section(README, 'Errors'));
  assert.deepEqual(
    rows.map(([code]) => code),
    Object.keys(codes).map((code) => `\`${code}\``),
  );
});

test('the commands that the page names are there', () => {
  const manifest = JSON.parse(page('package.json')) as { scripts: Record<string, string> };
  const commands = Array.from(README.matchAll(/npm (?:run )?(start|test|bench)\b/g), ([, name = '']) => name);
  assert.ok(commands.length >= 3);
  for (const name of commands) assert.ok(name in manifest.scripts, name);
  assert.ok(readFileSync(MAIN, 'utf8').startsWith('#!'));
});
