import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { create } from '../../src/pmemlog/index.js';
import { utf8 } from '../helpers/bytes.js';
import { temporaryDirectory } from '../helpers/media.js';
import { pmemstreamFile } from '../pmemstream/fixture.js';
import { json, output, varve } from './varve.js';

test('a file of pmemstream becomes a stream, in either order of the arguments', async (t) => {
  const directory = temporaryDirectory(t);
  const source = join(directory, 'old.pmem');
  const entries = [
    { timestamp: 3, data: utf8('three') },
    { timestamp: 5, data: utf8('five') },
  ];
  writeFileSync(source, pmemstreamFile({ blockSize: 64, persisted: 9n, regions: [{ size: 200, entries }] }));
  const [first, second] = [join(directory, 'first'), join(directory, 'second')];
  const told = await varve('import', '--from', 'pmemstream', source, first);
  assert.deepEqual([told.code, told.stderr], [0, 'varve: imported 1 region, 2 entries, 9 B\n']);
  const { code, stderr } = await varve('import', second, '--json', '--from', 'pmemstream', source);
  assert.deepEqual([code, JSON.parse(stderr)], [0, { regions: 1, entries: 2, bytes: 9 }]);
  for (const path of [first, second]) {
    const lines = (await output('cat', path, '--json')).trim().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).timestamp),
      [3, 5],
    );
  }
});

test('a pool becomes the region log, and what is no such file is refused', async (t) => {
  const directory = temporaryDirectory(t);
  const source = join(directory, 'app.pool');
  const pool = create(source);
  pool.append('a\nb\n');
  pool.close();
  const target = join(directory, 'new.varve');
  await output('import', target, '--from', 'pmemlog', source);
  assert.equal(await output('cat', target, 'log'), 'a\nb\n');
  assert.equal(((await json('check', target)) as { ok: boolean }).ok, true);
  for (const [code, ...args] of [
    [1, '--from', 'pmemlog', source, target],
    [1, '--from', 'pmemstream', source, `${target}.x`],
    [2, '--from', 'pmemblk', source, `${target}.x`],
    [2, '--from', 'pmemlog'],
    [2],
    [2, `${target}.x`, '--from', 'pmemlog'],
  ] as const) {
    const outcome = await varve('import', ...args);
    assert.equal(outcome.code, code, args.join(' '));
    assert.match(outcome.stderr, /^varve: .*\n$/);
  }
  assert.ok(!existsSync(`${target}.x`));
});
