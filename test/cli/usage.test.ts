import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../helpers/media.js';
import { newStream, output, varve } from './varve.js';

const COMMANDS = [
  'create',
  'append',
  'cat',
  'tree',
  'stat',
  'check',
  'regions',
  'regions list',
  'regions allocate',
  'regions free',
  'regions clear',
  'export',
  'import',
];

test('wrong usage ends with 2 and one line that says what is wrong', async (t) => {
  const path = await newStream(t, 'a');
  const wrong = [
    ['shuffle'],
    ['cat'],
    ['cat', path, 'a', 'b'],
    ['cat', path, '--backwards'],
    ['cat', path, '--from', 'yesterday'],
    ['cat', path, '--from', '-1'],
    ['cat', path, '--follow', '--reverse'],
    ['cat', path, '--framing', 'json'],
    ['stat', path, '--medium', 'tape'],
    ['tree', path, '--limit', '1.5'],
    ['create', `${path}.new`],
    ['create', `${path}.new`, '--size', '64MB'],
    ['create', `${path}.new`, '--size', '1MiB', '--block-size', '1000'],
    ['regions', 'allocate', path, 'much'],
    ['regions', 'drop', path, 'a'],
    ['append', path, 'a', '--allocate', '-5'],
  ];
  for (const args of wrong) {
    const { code, stdout, stderr } = await varve(...args);
    assert.deepEqual([code, stdout.toString()], [2, ''], args.join(' '));
    assert.match(stderr, /^varve: [^\n]+ \(VARVE_ARGUMENT\)\n$/, args.join(' '));
  }
});

test('no command at all shows the help, and is wrong usage', async () => {
  for (const args of [[], ['regions']]) {
    const { code, stdout, stderr } = await varve(...args);
    assert.deepEqual([code, stdout.toString()], [2, '']);
    assert.match(stderr, /^Usage: varve/);
  }
});

test('work that fails ends with 1 and one line with its code', async (t) => {
  const path = await newStream(t, 'a');
  const text = `${path}.txt`;
  writeFileSync(text, 'just a text, longer than nothing\n'.repeat(1000));
  const failures: [string, string[]][] = [
    ['VARVE_NOT_FOUND', ['cat', `${path}.missing`]],
    ['VARVE_NOT_FOUND', ['append', `${path}.missing`]],
    ['VARVE_NOT_FOUND', ['cat', path, 'b']],
    ['VARVE_NOT_FOUND', ['regions', 'free', path, '7']],
    ['VARVE_EXISTS', ['create', path, '--size', '1MiB']],
    ['VARVE_EXISTS', ['regions', 'allocate', path, '4096', 'a']],
    ['VARVE_FULL', ['regions', 'allocate', path, '1GiB']],
    ['VARVE_NOT_A_STREAM', ['stat', text]],
    ['VARVE_NOT_A_STREAM', ['tree', temporaryDirectory(t)]],
  ];
  for (const [expected, args] of failures) {
    const { code, stdout, stderr } = await varve(...args);
    assert.deepEqual([code, stdout.toString()], [1, ''], args.join(' '));
    assert.match(stderr, /^varve: [^\n]+ \(VARVE_[A-Z_]+\)\n$/, args.join(' '));
    assert.ok(stderr.endsWith(`(${expected})\n`), stderr);
  }
});

test('every command has help with an example, its options, and ends with 0', async () => {
  const helps = await Promise.all(COMMANDS.map((command) => output(...command.split(' '), '--help')));
  for (const [index, help] of helps.entries()) {
    const command = COMMANDS[index] ?? '';
    assert.ok(help.startsWith(`Usage: varve ${command} `), help);
    if (command !== 'regions') assert.match(help, /--medium <kind>[\s\S]*--json[\s\S]*Examples?:\n {2}\S/);
  }
  assert.match(await output('--help'), /Examples:/);
});

test('it tells the version of the package', async () => {
  const { version } = createRequire(import.meta.url)('varve/package.json') as { version: string };
  assert.equal(await output('--version'), `${version}\n`);
});

test('sizes are taken as bytes and with units', async (t) => {
  const path = join(temporaryDirectory(t), 'sizes.varve');
  await output('create', path, '--size', '1048576', '--block-size', '512B');
  await output('regions', 'allocate', path, '1.5KiB', 'small');
  const [{ size }] = JSON.parse(await output('regions', 'list', path, '--json'));
  assert.equal(size, 1536);
});

test('reading commands change nothing', async (t) => {
  const path = await newStream(t, 'a');
  const before = readFileSync(path);
  for (const command of ['cat', 'tree', 'stat', 'check', 'export', 'regions list']) {
    await output(...command.split(' '), path);
  }
  assert.ok(readFileSync(path).equals(before));
});
