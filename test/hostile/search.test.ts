import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { regionSeed } from '../../src/format/seeds.js';
import { Stream } from '../../src/index.js';
import { LAYOUT, store32, store64 } from '../helpers/format.js';
import { Image } from '../helpers/image.js';
import { filePlaceOn, problemOf } from '../helpers/media.js';
import { sealEntry, wordsOf } from './anatomy.js';

/** A crashed stream whose region holds a damaged entry, and behind that what `fill` puts there. */
function crashed(
  t: TestContext,
  mebibytes: number,
  fill: (image: Uint8Array, from: number, to: number, seed: number) => void,
): Image {
  const place = filePlaceOn(t, 'file', `${mebibytes + 1}MiB`);
  const stream = place.openSync();
  const region = stream.allocateSync(`${mebibytes}MiB`);
  const entry = region.appendSync('whole');
  const image = readFileSync(place.path);
  const seed = regionSeed(image.subarray(LAYOUT.header.uuid, LAYOUT.header.uuid + 16), region.id, 0);
  const behind = region.offset + entry.offset + 24;
  store32(image, behind, 8);
  fill(image, behind + 24, region.offset + region.size, seed);
  stream.closeSync();
  return new Image(t, image);
}

function assertServed(image: Image): void {
  const outcome = image.outcome({
    readOnly: true,
    medium: problemOf('pmem') === undefined ? 'pmem' : 'file',
  });
  assert.ok('content' in outcome && outcome.content.length === 2, JSON.stringify(outcome).slice(0, 300));
}

// A search that takes time in the square of its reach does not end while the test lasts.
test('every word behind a broken entry looks like the header of a long one', (t) => {
  const image = crashed(t, 16, (bytes, from, to) => {
    const words = wordsOf(bytes);
    for (let at = from; at < to; at += 8) words[at / 4] = 1_000_000;
  });
  assertServed(image);
});

test('a quarter of a million valid entries that certify nothing stand behind a broken one', (t) => {
  const image = crashed(t, 4, (bytes, from, to, seed) => {
    let timestamp = 2n;
    for (let at = from; at < to; at += 16) {
      store32(bytes, at, 0);
      store64(bytes, at + 8, timestamp++ | (511n << 55n));
      sealEntry(bytes, at, to, seed);
    }
  });
  assertServed(image);
});

test('check of a region where every other entry is damaged: bounded, counted, and the good ones found', async (t) => {
  const place = filePlaceOn(t, 'file', '5MiB');
  const stream = place.openSync();
  const region = stream.allocateSync('4MiB');
  const payload = new Uint8Array(32);
  for (let i = 0; i < 8; i += 2) store64(payload, 8 * (i / 2), 40_000n);
  const count = 60_000;
  for (let i = 0; i < count; i++) region.appendSync(payload, { until: 'committed' });
  stream.closeSync();
  const bytes = readFileSync(place.path);
  for (let i = 0; i < count; i += 2) bytes[region.offset + 48 * i + 20] = 0xff;
  const image = new Image(t, bytes);
  const report = await Stream.check(image.path);
  assert.equal(report.entries, count / 2);
  assert.equal(report.problems.length, 1001);
  assert.match(report.problems.at(-1)?.message ?? '', /^29000 further places/);
});
