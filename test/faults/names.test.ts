import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { LAYOUT } from '../helpers/format.js';
import { placeOn } from '../helpers/media.js';

test('a name that was changed on the medium is damage, and nobody is called by it', async (t) => {
  const place = placeOn(t, 'file');
  const stream = place.openSync();
  stream.allocateSync(4096, { name: 'orders' }).appendSync('kept');
  stream.closeSync();
  const path = place.path ?? '';
  const bytes = readFileSync(path);
  assert.equal(bytes.toString('utf8', LAYOUT.names.offset, LAYOUT.names.offset + 6), 'orders');
  bytes.write('0', LAYOUT.names.offset);
  writeFileSync(path, bytes);

  assert.throws(() => Stream.openSync(path), {
    code: 'VARVE_CORRUPT',
    message: /name of region 1 is damaged/,
  });
  const reader = place.openSync({ readOnly: true });
  for (const name of ['orders', '0rders'])
    assert.throws(() => reader.region(name), { code: 'VARVE_CORRUPT' });
  assert.equal(reader.region(1)?.name, undefined);
  assert.deepEqual(
    [...(reader.region(1) ?? [])].map((entry) => entry.text()),
    ['kept'],
  );
  assert.equal((await reader.check()).ok, false);
});
