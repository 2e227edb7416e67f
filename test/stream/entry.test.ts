import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../src/index.js';
import { pattern, utf8 } from '../helpers/bytes.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

onEveryMedium('an entry says what it is, however one came by it', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const bytes = pattern(1234, 5);
  const made: Entry[] = [
    region.appendSync(bytes),
    await region.append(bytes),
    await region.append(bytes, { until: 'committed' }),
    region.appendvSync([bytes.subarray(0, 3), bytes.subarray(3)]),
  ];
  const last = region.reserve(1234);
  last.data.set(bytes);
  made.push(last.publishSync());
  const read = [...region];
  assert.equal(read.length, made.length);
  for (const entry of [...made, ...read, ...region.entries({ reverse: true }), ...stream.entries()]) {
    assert.equal(entry.size, 1234);
    assert.equal(entry.region, region);
    assert.ok(entry.data instanceof Uint8Array);
    assert.equal(entry.data.byteLength, 1234);
    assert.deepEqual(entry.copy(), bytes);
  }
  assert.deepEqual(
    made.map((entry) => entry.timestamp),
    read.map((entry) => entry.timestamp),
  );
});

test('data looks at the medium, copy owns its bytes', (t) => {
  const region = memoryStream(t).allocateSync(4096);
  const entry = region.appendSync('abc');
  const copy = entry.copy();
  assert.equal(copy.buffer.byteLength, 3, 'a copy drags nothing behind it');
  copy.fill(0);
  assert.equal(entry.text(), 'abc');
  const [again] = region;
  assert.equal(again?.data.buffer, entry.data.buffer, 'no copy was made');
});

test('text and json', (t) => {
  const region = memoryStream(t).allocateSync('16KiB');
  const value = { a: [1, 2, null], b: 'zażółć 🌊', c: { d: true } };
  assert.deepEqual(region.appendSync(JSON.stringify(value)).json(), value);
  assert.equal(region.appendSync('').text(), '');
  assert.equal(region.appendSync('a\0b').text(), 'a\0b');
  assert.equal(region.appendSync(new Uint8Array([0x61, 0xff])).text(), 'a\ufffd');
  const broken = region.appendSync('{');
  assert.throws(() => broken.json(), SyntaxError);
});

test('an entry stays what it was while others come', (t) => {
  const region = memoryStream(t).allocateSync('256KiB');
  const entry = region.appendSync('first');
  const { data } = entry;
  for (let index = 0; index < 3000; index += 1) region.appendSync(`${index}`, { until: 'committed' });
  assert.deepEqual(new Uint8Array(data), utf8('first'));
  assert.deepEqual([entry.text(), entry.timestamp, entry.size], ['first', 1, 5]);
});
