import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOn } from '../helpers/media.js';

const MIB = 2 ** 20;

test('a region is marked anew while it grows, so that little is scanned after a crash', async (t) => {
  const place = placeOn(t, 'file', '100MiB');
  const stream = await place.open();
  const region = await stream.allocate('96MiB');
  const data = new Uint8Array(MIB);
  for (let i = 0; i < 95; i++) await region.append(data);
  // What is behind the mark is what opening has to look at, of a stream that nobody closed.
  let scanned = 0;
  const reader = await place.open({
    readOnly: true,
    onProgress: ({ phase, done }) => {
      if (phase === 'recovery') scanned = done;
    },
  });
  assert.equal([...(reader.region(region.id) ?? [])].length, 95);
  // 16 MiB, and what was appended while the last mark was on its way.
  assert.ok(scanned <= 24 * MIB, `${scanned} bytes were scanned`);
});
