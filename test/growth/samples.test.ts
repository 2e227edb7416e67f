import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Order, payloadOf } from './payload.js';
import { csvOf, type Sample, unlevel } from './samples.js';

const MIB = 2 ** 20;
const LEVEL: Sample = {
  seconds: 1,
  entriesPerSecond: 1000,
  latencyMedian: 0.1,
  latency99: 1,
  rss: 100 * MIB,
  heapUsed: 20 * MIB,
  arrayBuffers: MIB,
  descriptors: 30,
  mappings: 400,
  fileSize: 64 * MIB,
  logBytes: 24 * MIB,
  segments: 25,
  opening: 5,
  readerRss: 90 * MIB,
};

test('samples that stay level are, and one that rises is named', () => {
  const samples = Array.from({ length: 40 }, (_, index) => ({ ...LEVEL, seconds: 20 * index }));
  assert.deepEqual(unlevel(samples), []);
  for (const key of Object.keys(LEVEL) as (keyof Sample)[]) {
    if (key === 'seconds') continue;
    const sign = key === 'entriesPerSecond' ? 1 / 2 : 2;
    const rising = samples.map((sample, index) => ({ ...sample, [key]: LEVEL[key] * sign ** (index / 4) }));
    assert.match(unlevel(rising).join(), new RegExp(`^${key} (rose|fell) from`), key);
  }
  assert.deepEqual(
    unlevel(samples.slice(0, 20).map((one, index) => ({ ...one, rss: index * 100 * MIB }))),
    [],
  );
  assert.equal(csvOf(samples).split('\n').length, 42);
});

test('an order notices what is missing, twice there, changed, or came too soon', () => {
  const order = new Order('somebody', 0);
  assert.equal(order.take(payloadOf(0)), 0);
  assert.throws(() => order.take(payloadOf(0)), /somebody got entry 0 where 1 had to come/);
  assert.throws(() => order.take(payloadOf(2)), /got entry 2 where 1/);
  const changed = payloadOf(1);
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  assert.throws(() => order.take(changed), /should be number 1 holds/);
  order.gap();
  assert.equal(order.take(payloadOf(7)), 7);
  assert.throws(() => order.take(payloadOf(9)), /got entry 9 where 8/);
});
