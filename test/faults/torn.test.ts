import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { pattern, payloads } from '../helpers/bytes.js';
import { Image } from '../helpers/image.js';
import { filePlaceOn } from '../helpers/media.js';

const ENTRIES = 40;

interface Crashed {
  readonly image: Image;
  /** Where the payload of each entry begins in the file. */
  readonly places: readonly number[];
}

/** The file as it is while a stream is open that has just persisted its entries one by one: what a crash leaves. */
function crashed(t: TestContext, regions: number): Crashed {
  const place = filePlaceOn(t, 'file', '256KiB');
  const stream = place.openSync();
  const logs = Array.from({ length: regions }, () => stream.allocateSync('32KiB'));
  const bytes = Array.from({ length: ENTRIES }, (_, index) => pattern(40 + index, 1000 + index));
  for (const [index, payload] of bytes.entries()) logs[index % regions]?.appendSync(payload);
  const file = readFileSync(place.path);
  stream.closeSync();
  return { image: new Image(t, file), places: bytes.map((payload) => file.indexOf(payload)) };
}

/** Timestamps in a content as `contentOf` gives it. */
function timestampsOf(content: readonly string[]): number[] {
  const entries = content.filter((line) => !line.startsWith('region'));
  return entries.map((line) => Number(line.split(' ')[1])).sort((a, b) => a - b);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

for (const regions of [1, 3]) {
  test(`after a crash everything acknowledged is there, in ${regions} regions`, (t) => {
    const { image, places } = crashed(t, regions);
    assert.ok(
      places.every((place) => place > 0),
      'every payload is in the file',
    );
    for (const readOnly of [true, false]) {
      const outcome = new Image(t, image.good).outcome({ readOnly });
      assert.ok('content' in outcome, JSON.stringify(outcome));
      assert.deepEqual(timestampsOf(outcome.content), upTo(ENTRIES));
    }
  });

  test(`damage to what a later entry certifies is told; only the very last may pass for torn, in ${regions} regions`, (t) => {
    const { image, places } = crashed(t, regions);
    for (const [index, place] of places.entries()) {
      for (const offset of [place - 16, place - 12, place - 8, place - 3, place, place + 20]) {
        for (const readOnly of [true, false]) {
          const victim = readOnly ? image : new Image(t, image.good);
          victim.withFlipped(offset, offset % 8, () => {
            const outcome = victim.outcome({ readOnly });
            if (!('content' in outcome)) return;
            assert.equal(index, ENTRIES - 1, `entry ${index + 1} was lost without a word (byte ${offset})`);
            assert.deepEqual(timestampsOf(outcome.content), upTo(ENTRIES - 1));
          });
        }
      }
    }
  });
}

test('opening for writing after damage that was certified changes nothing', (t) => {
  const { image, places } = crashed(t, 1);
  const file = Buffer.from(image.good);
  const at = (places[10] ?? 0) + 3;
  file[at] = (file[at] ?? 0) ^ 1;
  const victim = new Image(t, file);
  const outcome = victim.outcome({ readOnly: false });
  assert.ok('code' in outcome && outcome.code === 'VARVE_CORRUPT', JSON.stringify(outcome));
  assert.ok(victim.intact);
});

test('a damaged payload of many megabytes is told by the entries behind it', async (t) => {
  const place = filePlaceOn(t, 'file', '40MiB');
  const stream = place.openSync();
  const region = stream.allocateSync('36MiB');
  region.appendSync(new Uint8Array(33 * 2 ** 20).fill(0x61));
  for (let index = 0; index < 3; index += 1) region.appendSync('behind');
  const file = readFileSync(place.path);
  stream.closeSync();
  file[20 * 2 ** 20] = 0x62;
  const victim = new Image(t, file);
  for (const readOnly of [false, true]) {
    const outcome = victim.outcome({ readOnly });
    assert.ok('code' in outcome && outcome.code === 'VARVE_CORRUPT', `read-only: ${readOnly}`);
  }
  assert.ok(victim.intact);
});

test('recovering twice is recovering once', async (t) => {
  const { image } = crashed(t, 3);
  const victim = new Image(t, image.good);
  const first = victim.outcome({ readOnly: false });
  const second = victim.outcome({ readOnly: false });
  assert.deepEqual(second, first);
  assert.deepEqual(victim.outcome(), first);
});

/** What was appended and never acknowledged may be there or not, in any combination; never in part. */
test('entries in flight: any subset of their words', (t) => {
  const place = filePlaceOn(t, 'file', '256KiB');
  const stream = place.openSync();
  const region = stream.allocateSync('32KiB');
  for (let index = 0; index < 10; index += 1) region.appendSync(pattern(64, index));
  const before = readFileSync(place.path);
  for (let index = 10; index < 16; index += 1) region.appendSync(pattern(64, index), { until: 'committed' });
  stream.persistSync();
  const after = readFileSync(place.path);
  const expected = payloads(region).map((bytes) => Buffer.from(bytes).toString('base64'));
  stream.closeSync();
  const words = changedWords(before, after);
  assert.ok(words.length >= 6 * 10 - 6, `${words.length} words were written`);
  for (let round = 0; round < 300; round += 1) {
    const mixed = Buffer.from(before);
    const chosen = pattern(words.length, round);
    for (const [index, word] of words.entries()) {
      if ((chosen[index] ?? 0) < 25 + (round % 8) * 30) after.copy(mixed, word, word, word + 8);
    }
    const outcome = new Image(t, mixed).outcome({ readOnly: round % 2 === 0 });
    assert.ok('content' in outcome, JSON.stringify(outcome));
    const found = outcome.content.slice(1).map((line) => line.split(' ')[2]);
    assert.ok(found.length >= 10);
    assert.deepEqual(found, expected.slice(0, found.length), `round ${round}`);
  }
});

function changedWords(before: Buffer, after: Buffer): number[] {
  const words: number[] = [];
  for (let offset = 0; offset < after.byteLength; offset += 8) {
    if (before.compare(after, offset, offset + 8, offset, offset + 8) !== 0) words.push(offset);
  }
  return words;
}
