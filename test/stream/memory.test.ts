import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { placeOn } from '../helpers/media.js';

test('what is committed and not persisted yet takes bounded memory', (t) => {
  const stream = placeOn(t, 'file', '120MiB').openSync();
  const region = stream.allocateSync('112MiB');
  const data = new Uint8Array(2 ** 20);
  // What nobody holds any more does not count.
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const before = process.memoryUsage().arrayBuffers;
  // In one turn: nothing in the background comes in between.
  for (let i = 0; i < 100; i++) region.appendSync(data, { until: 'committed' });
  // The first collection leaves buffers to be freed beside it, which the second one waits for.
  collect();
  collect();
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.ok(taken < 16 * 2 ** 20, `${taken} bytes are held for 100 MiB`);
});
