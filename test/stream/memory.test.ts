import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOn } from '../helpers/media.js';

test('what is committed and not persisted yet takes bounded memory', (t) => {
  const stream = placeOn(t, 'file', '120MiB').openSync();
  const region = stream.allocateSync('112MiB');
  const data = new Uint8Array(2 ** 20);
  const before = process.memoryUsage().arrayBuffers;
  // In one turn: nothing in the background comes in between.
  for (let i = 0; i < 100; i++) region.appendSync(data, { until: 'committed' });
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(taken < 40 * 2 ** 20, `${taken} bytes are held for 100 MiB`);
});
