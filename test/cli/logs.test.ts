import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { temporaryDirectory } from '../helpers/media.js';
import { feed, json, output, varve } from './varve.js';

const OPTIONS = { segmentSize: 4096, retain: { entries: 1000 }, whenFull: 'wait' } as const;
const COUNT = 300;

test('commands show logs as logs, and take them from stream to stream', async (t) => {
  const path = join(temporaryDirectory(t), 'stream.varve');
  const stream = await Stream.open(path, { size: '1MiB' });
  const region = await stream.allocate(4096, { name: 'mine' });
  const log = await stream.log('orders', OPTIONS);
  for (let index = 0; index < COUNT; index++) {
    log.appendSync(`${index}`, { until: 'committed' });
    if (index === 100) region.appendSync('between');
  }
  const segments = [...log.segments()].length;
  await stream.close();

  const tree = await output('tree', path);
  assert.match(tree, new RegExp(`└── log 'orders'  ${segments} segments, ${COUNT} entries, `));
  assert.equal(tree.match(/^ {4}[├└]── region \d+ {2}0x/gm)?.length, segments);
  const drawn = (await json('tree', path)) as { logs: { segments: { count: number }[] }[] };
  assert.equal(drawn.logs[0]?.segments.length, segments);
  const stat = (await json('stat', path)) as { logs: { name: string; entries: number }[] };
  assert.deepEqual(
    stat.logs.map(({ name, entries }) => [name, entries]),
    [['orders', COUNT]],
  );
  assert.match(
    await output('stat', path),
    new RegExp(`^ +orders  ${segments} segments, ${COUNT} entries`, 'm'),
  );
  const all = Array.from({ length: COUNT }, (_, index) => `${index}\n`).join('');
  assert.equal(await output('cat', path, 'orders'), all);
  assert.equal(((await json('regions', 'list', path)) as unknown[]).length, 1);
  const [first = ''] = (await output('cat', path, 'orders', '--json')).split('\n');
  assert.equal(JSON.parse(first).log, 'orders');
  assert.ok(Number.isSafeInteger(JSON.parse(first).time));

  for (const way of [[], ['--salvage']]) {
    const exported = await varve('export', path, ...way);
    assert.equal(exported.code, 0, exported.stderr);
    const copy = `${path}${way[0] ?? ''}.copy`;
    const imported = await feed(exported.stdout, 'import', copy);
    assert.equal(imported.code, 0, imported.stderr);
    assert.equal(await output('cat', copy), await output('cat', path));
    assert.equal(await output('cat', copy, 'orders'), all);
    const again = await Stream.open(copy);
    if (way.length === 0) assert.deepEqual((await again.log('orders')).options, OPTIONS);
    await again.close();
  }
  const wrong = await feed(
    '{"varve":"export","version":1,"size":65536,"blockSize":4096}\n{"entry":1,"log":"x","size":1}\na\n',
    'import',
    `${path}.wrong`,
  );
  assert.equal(wrong.code, 1);
  assert.match((await varve('cat', path, 'nothing')).stderr, /the log orders/);
});
