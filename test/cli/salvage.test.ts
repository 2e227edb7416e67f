import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Missing } from '../../src/index.js';
import { LAYOUT } from '../helpers/format.js';
import { feed, newStream, output, varve } from './varve.js';

/** A stream with ten entries in each of two regions, closed. */
async function filled(t: TestContext): Promise<{ path: string; file: Buffer }> {
  const path = await newStream(t, 'a', 'b');
  for (const region of ['a', 'b']) {
    const lines = Array.from({ length: 10 }, (_, i) => `<${region}${i}>`);
    await feed(lines.join('\n'), 'append', path, region);
  }
  return { path, file: readFileSync(path) };
}

/** Flips a bit of each of these texts, which stand in the file once. */
function harm({ path, file }: { path: string; file: Buffer }, ...texts: string[]): void {
  for (const text of texts) {
    const at = file.indexOf(text);
    assert.ok(at > 0 && file.indexOf(text, at + 1) < 0);
    file[at] = (file[at] as number) ^ 1;
  }
  writeFileSync(path, file);
}

async function linesIn(path: string, region: string): Promise<string[]> {
  return (await output('cat', path, region)).trim().split('\n');
}

test('what is whole is exported and imported again, what is missing is told line by line', async (t) => {
  const stream = await filled(t);
  harm(stream, '<a3>', '<a4>', '<b9>');
  const { code, stdout, stderr } = await varve('export', '--salvage', stream.path);
  assert.equal(code, 1);
  const [first, second, last, ...further] = stderr.trim().split('\n');
  assert.match(first ?? '', /^varve: 2 entries of region 1 missing: bytes 72 to 120, .* \(VARVE_CORRUPT\)$/);
  assert.match(second ?? '', /^varve: 1 entry of region 2 missing: .* \(VARVE_CORRUPT\)$/);
  assert.match(last ?? '', /^varve: salvaged 17 entries, .*; something is missing, see above$/);
  assert.deepEqual(further, []);

  const copy = `${stream.path}.copy`;
  assert.equal((await feed(stdout, 'import', copy)).code, 0);
  assert.deepEqual(
    await linesIn(copy, 'a'),
    [0, 1, 2, 5, 6, 7, 8, 9].map((i) => `<a${i}>`),
  );
  assert.deepEqual(
    await linesIn(copy, 'b'),
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => `<b${i}>`),
  );
});

test('with --json the summary holds what is missing', async (t) => {
  const stream = await filled(t);
  stream.file.fill(0, LAYOUT.names.offset, LAYOUT.names.offset + 10);
  harm(stream, '<b5>');
  const { code, stdout, stderr } = await varve('export', '--salvage', '--json', stream.path);
  assert.equal(code, 1);
  const { entries, missing } = JSON.parse(stderr) as { entries: number; missing: Missing[] };
  assert.equal(entries, 19);
  assert.deepEqual(
    missing.map(({ what, region }) => [what, region]),
    [
      ['name', 1],
      ['entries', 2],
    ],
  );
  assert.deepEqual(missing[1]?.ranges, [{ from: 120, to: 144, after: 15, before: 17 }]);
  assert.equal(missing[1]?.entries, 1);

  const copy = `${stream.path}.copy`;
  assert.equal((await feed(stdout, 'import', copy)).code, 0);
  assert.deepEqual(
    await linesIn(copy, '1'),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `<a${i}>`),
  );
});

test('a stream that is whole is exported as without --salvage, with exit code 0', async (t) => {
  const { path, file } = await filled(t);
  const plain = await varve('export', path);
  const salvaged = await varve('export', '--salvage', path);
  assert.deepEqual([salvaged.code, salvaged.stdout.toString()], [0, plain.stdout.toString()]);
  assert.match(salvaged.stderr, /^varve: salvaged 20 entries, .*; nothing is missing\n$/);
  assert.ok(readFileSync(path).equals(file));
});

test('a stream that cannot be opened is salvaged all the same: cut short, or without a state', async (t) => {
  const { path, file } = await filled(t);
  writeFileSync(path, file.subarray(0, file.indexOf('<b4>')));
  const cut = await varve('export', '--salvage', path);
  assert.equal(cut.code, 1);
  assert.match(cut.stderr, /was truncated: .*\n.*6 entries of region 2 missing/);
  assert.match(cut.stderr, /salvaged 14 entries/);

  for (const page of [0, LAYOUT.page])
    file.fill(0, page + LAYOUT.state.offset, page + LAYOUT.state.offset + 64);
  writeFileSync(path, file);
  const stateless = await varve('export', '--salvage', path);
  assert.equal(stateless.code, 1);
  assert.match(
    stateless.stderr,
    /^varve: Both copies of the state are damaged: .*\nvarve: salvaged 20 entries/,
  );
});

test('where both headers are damaged, it is said that nothing can be told', async (t) => {
  const { path, file } = await filled(t);
  for (const page of [0, LAYOUT.page])
    file[page + LAYOUT.header.uuid] = (file[page + LAYOUT.header.uuid] as number) ^ 1;
  writeFileSync(path, file);
  const { code, stdout, stderr } = await varve('export', '--salvage', path);
  assert.deepEqual([code, stdout.length], [1, 0]);
  assert.match(stderr, /^varve: Cannot salvage anything .*: nothing can be told .* \(VARVE_CORRUPT\)\n$/);
});
