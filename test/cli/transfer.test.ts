import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { feed, json, newStream, output, varve } from './varve.js';

interface Listed {
  name?: string;
  size: number;
}

async function contentsOf(path: string): Promise<unknown> {
  const regions = (await json('regions', 'list', path)) as Listed[];
  const lines = (await output('cat', path, '--json')).split('\n').filter(Boolean);
  const entries = lines.map((line) => ({ ...JSON.parse(line), region: 0, timestamp: 0 }));
  return { regions: regions.map(({ name, size }) => ({ name, size })), entries };
}

test('an export becomes the same stream again: regions, order, and bytes of any kind', async (t) => {
  const path = await newStream(t, 'a', 'gone', 'b');
  await output('regions', 'allocate', path, '8192');
  await feed('one\n\nthree', 'append', path, 'a');
  await output('regions', 'free', path, 'gone');
  await feed(
    Buffer.from(Array.from({ length: 9000 }, (_, i) => i % 256)),
    'append',
    path,
    'b',
    '--framing',
    'raw',
  );
  await feed('{"end":{"entries":0,"bytes":0}}\nfour', 'append', path, '4');
  await feed('five', 'append', path, 'a');
  const exported = await varve('export', path);
  assert.equal(exported.code, 0);
  assert.match(exported.stderr, /^varve: exported 7 entries, .*\n$/);

  const copy = `${path}.copy`;
  const imported = await feed(exported.stdout, 'import', copy, '--json');
  assert.deepEqual(
    [imported.code, imported.stdout.toString(), JSON.parse(imported.stderr).entries],
    [0, '', 7],
  );
  assert.deepEqual(await contentsOf(copy), await contentsOf(path));
  assert.equal(((await json('check', copy)) as { ok: boolean }).ok, true);
});

test('an empty stream travels too, and may change its size', async (t) => {
  const path = await newStream(t);
  const { stdout } = await varve('export', path);
  const { code } = await feed(stdout, 'import', `${path}.copy`, '--size', '8MiB');
  const stat = (await json('stat', `${path}.copy`)) as { size: number; regions: unknown[] };
  assert.deepEqual([code, stat.size, stat.regions], [0, 8 * 1024 * 1024, []]);
});

test('commands that write let a stream grow up to --max-size', async (t) => {
  const path = `${await newStream(t)}.small`;
  const sizes = ['--size', '64KiB', '--max-size', '1MiB'];
  const made = (await json('create', path, ...sizes)) as { size: number; available: number };
  assert.deepEqual([made.size, made.available], [64 * 1024, (1024 - 12) * 1024]);
  await output('regions', 'allocate', path, '100KiB', 'a', '--max-size', '1MiB');
  const limited = await feed(
    'x'.repeat(200_000),
    'append',
    path,
    'b',
    '--allocate',
    '300KiB',
    '--max-size',
    '200KiB',
  );
  assert.deepEqual([limited.code, limited.stderr.includes('maxSize of 200 KiB')], [1, true]);
  const all = ['b', '--allocate', '300KiB', '--max-size', '1MiB'];
  assert.equal((await feed('x'.repeat(200_000), 'append', path, ...all)).code, 0);
  const { size } = (await json('stat', path)) as { size: number };
  assert.equal(size, (12 + 100 + 300) * 1024);
  assert.match(await output('stat', path), /^size +412 KiB, 0 B free for regions$/m);
  assert.equal((await varve('regions', 'allocate', path, '4096')).code, 1);

  const { stdout } = await varve('export', path);
  const copy = `${path}.copy`;
  assert.equal((await feed(stdout, 'import', copy, '--size', '64KiB', '--max-size', '1MiB')).code, 0);
  assert.deepEqual(await contentsOf(copy), await contentsOf(path));
  assert.equal((await varve('create', `${path}.wrong`, '--size', '2MiB', '--max-size', '1MiB')).code, 2);
});

test('an export that is cut short, changed or none is refused, and leaves nothing behind', async (t) => {
  const path = await newStream(t, 'a');
  await feed('one\ntwo', 'append', path);
  const { stdout } = await varve('export', path);
  const whole = stdout.toString();
  const bad = {
    empty: '',
    'no export': 'hello\n',
    'a long line': 'x'.repeat(100_000),
    'no head': whole.slice(whole.indexOf('\n') + 1),
    'cut in an entry': whole.slice(0, whole.indexOf('two') + 1),
    'cut before its end': whole.slice(0, whole.indexOf('{"end"')),
    'an entry is missing': whole.replace(/\{"entry".*\none\n/, ''),
    'an entry of no region': whole.replace(/\{"entry":1,"region":1/, '{"entry":1,"region":9'),
    'something behind it': `${whole}{}\n`,
    'a record of another kind': whole.replace('{"end"', '{"comment":1}\n{"end"'),
  };
  for (const [what, text] of Object.entries(bad)) {
    const { code, stderr } = await feed(text, 'import', `${path}.copy`);
    assert.equal(code, 1, what);
    assert.match(stderr, /^varve: [^\n]+ \(VARVE_CORRUPT\)\n$/, what);
    assert.equal(existsSync(`${path}.copy`), false, what);
  }
});

test('importing over something that is there is refused, and leaves it alone', async (t) => {
  const path = await newStream(t, 'a');
  await feed('one', 'append', path);
  const { stdout } = await varve('export', path);
  const before = readFileSync(path);
  const { code, stderr } = await feed(stdout, 'import', path);
  assert.equal(code, 1);
  assert.match(stderr, /\(VARVE_EXISTS\)\n$/);
  assert.ok(readFileSync(path).equals(before));
});
