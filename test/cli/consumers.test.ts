import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { json, newStream, output, varve } from './varve.js';

test('consumers lists who reads a log, and what is left for each', async (t) => {
  const path = await newStream(t, 'plain');
  const stream = await Stream.open(path);
  const log = await stream.log('orders', { segmentSize: '64KiB' });
  for (const text of ['one', 'two', 'three']) await log.append(text);
  await (await log.consumer('search', { protect: true })).ack(log.first);
  await log.consumer('billing', { from: 'last' });
  const [first, last] = [log.first, log.last];
  await stream.close();
  assert.deepEqual((await output('consumers', path, 'orders')).split('\n'), [
    `billing  up to timestamp ${last}, 0 entries to come, 0 B`,
    `search  up to timestamp ${first}, 2 entries to come, 64 B, protected`,
    '',
  ]);
  assert.deepEqual(await json('consumers', path, 'orders'), [
    { name: 'billing', position: last, lag: 0, lagBytes: 0, protect: false },
    { name: 'search', position: first, lag: 2, lagBytes: 64, protect: true },
  ]);
  const { code, stderr } = await varve('consumers', path, 'stock');
  assert.equal(code, 1);
  assert.match(stderr, /Cannot find the log 'stock': there are orders/);
});
