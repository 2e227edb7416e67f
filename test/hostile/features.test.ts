import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { LAYOUT, resealHeader, store32 } from '../helpers/format.js';
import { Image } from '../helpers/image.js';
import { filePlaceOn } from '../helpers/media.js';

function goodFile(t: TestContext): Buffer {
  const place = filePlaceOn(t, 'file', 131_072);
  const stream = place.openSync();
  stream.allocateSync('16KiB', { name: 'region' }).appendSync('entry');
  stream.closeSync();
  return readFileSync(place.path);
}

/** Both copies of the header say so. */
function withHeader(good: Buffer, field: number, value: number): Buffer {
  const file = Buffer.from(good);
  for (const page of [0, LAYOUT.page]) {
    store32(file, page + field, value);
    resealHeader(file, page);
  }
  return file;
}

test('features of a later version: refused, read only, or ignored', (t) => {
  const good = goodFile(t);
  const withFeature = (offset: number): Image => new Image(t, withHeader(good, offset, 1));
  const refused = withFeature(LAYOUT.features.refuse);
  for (const readOnly of [true, false]) {
    const outcome = refused.outcome({ readOnly }, ['VARVE_MISMATCH']);
    assert.ok('code' in outcome);
  }
  assert.ok(refused.intact);
  const version = new Image(t, withHeader(good, LAYOUT.header.version, 2));
  assert.ok('code' in version.outcome({ readOnly: true }, ['VARVE_MISMATCH']));
  assert.ok(version.intact);
  const readable = withFeature(LAYOUT.features.readOnly);
  assert.ok('code' in readable.outcome({ readOnly: false }, ['VARVE_MISMATCH']));
  assert.ok(readable.intact);
  assert.ok('content' in readable.outcome({ readOnly: true }));
  assert.ok('content' in withFeature(LAYOUT.features.ignore).outcome({ readOnly: false }));
});
