/** Rows of the table of traps, by their titles: what pmemlog, pynvm and pstream do. */
import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { assertPayloads, pattern, texts, utf8 } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { FsSpy } from '../helpers/fs-spy.js';
import { onEveryFile, onEveryMedium, placeOn, temporaryDirectory } from '../helpers/media.js';
import { Ledger } from '../kill/ledger.js';
import { Life } from '../kill/life.js';
import { surveyOf } from '../kill/survey.js';

onEveryMedium('No record boundaries, rewind is all or nothing', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const parts = ['a', '', 'bc', 'a', 'b', 'c', ''];
  for (const part of parts) region.appendSync(part);
  const { id } = region;
  await stream.close();
  const again = await place.open();
  assert.deepEqual(texts(again.region(id) ?? []), parts);
  assert.equal(again.region(id)?.get(3)?.text(), 'bc');
});

test('Everything in RAM; block streams must be grown by hand; offset lost at restart; stale lock by pid after a crash', async (t) => {
  const path = join(temporaryDirectory(t), 'restarted');
  const life = new Life({
    path,
    medium: 'file',
    size: 2 ** 24,
    maxSize: 2 ** 24,
    run: 1,
    seed: 1,
    rests: true,
  });
  t.after(() => life.end());
  await life.told('resting');
  await rejects('VARVE_LOCKED', Stream.open(path, { medium: 'file' }));
  await life.kill();
  const ledger = new Ledger();
  ledger.begin(1);
  ledger.note(life.take());
  const stream = await Stream.open(path, { medium: 'file' });
  assert.ok(ledger.verify(surveyOf(stream), true) > 0);
  const region = stream.allocateSync(4096);
  assert.ok(region.appendSync('goes on behind').timestamp > ledger.greatest);
  await stream.close();
});

test('a region larger than what may be held in memory is read piece by piece', async (t) => {
  const place = placeOn(t, 'file', '300MiB');
  const stream = await place.open();
  const region = await stream.allocate('290MiB');
  const entry = new Uint8Array(1_000_000);
  for (let index = 0; index < 280; index += 1) {
    entry.fill(index);
    region.appendSync(entry, { until: 'committed' });
    if (index % 8 === 0) stream.persistSync();
  }
  await stream.close();
  const again = await place.open();
  let count = 0;
  for (const one of again.entries()) {
    assert.equal(one.data[999_999], count % 256);
    count += 1;
  }
  assert.equal(count, 280);
  const { arrayBuffers } = process.memoryUsage();
  assert.ok(arrayBuffers < 200 * 2 ** 20, `${arrayBuffers} bytes are held for a stream of 280 MB`);
});

onEveryFile('Torn tail block', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const fd = openSync(place.path, 'r+');
  let spoilt: { at: number; length: number } | undefined;
  for (let index = 0; index < 60; index += 1) {
    const bytes = Buffer.from(`<<entry ${index}>>${'.'.repeat(index)}`);
    region.appendSync(bytes);
    const file = readFileSync(place.path);
    const at = file.indexOf(`<<entry ${index}>>`);
    assert.ok(at > 0);
    // What is persisted is spoilt behind the stream's back: whoever writes its block again would mend it.
    if (spoilt !== undefined) {
      const found = file.subarray(spoilt.at, spoilt.at + spoilt.length);
      assert.ok(
        found.every((byte) => byte === 0x21),
        `entry ${index - 1} was written again with entry ${index}`,
      );
    }
    spoilt = { at, length: bytes.byteLength };
    writeSync(fd, Buffer.alloc(bytes.byteLength, '!'), 0, bytes.byteLength, at);
  }
  closeSync(fd);
});

test('every size of an incomplete last block keeps what was persisted before', async (t) => {
  const place = placeOn(t, 'file');
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const expected: Uint8Array[] = [];
  for (let size = 0; size < 200; size += 1) {
    expected.push(pattern(size, size));
    region.appendSync(expected.at(-1) ?? '');
    assertPayloads(region.entries({ until: 'persisted' }), expected);
  }
  await stream.close();
  assertPayloads((await place.open()).entries(), expected);
});

test('Sync on drop, errors ignored', async (t) => {
  const spy = FsSpy.install(t);
  const stream = await Stream.open(join(temporaryDirectory(t), 'dropped'), { size: '1MiB', medium: 'file' });
  const region = await stream.allocate('64KiB');
  region.appendSync('not persisted yet', { until: 'committed' });
  spy.failing = 'EIO';
  await rejects('VARVE_IO|VARVE_POISONED', stream.close());
});

test('"Sync" that does not sync', async (t) => {
  const spy = FsSpy.install(t);
  const stream = await Stream.open(join(temporaryDirectory(t), 'synced'), { size: '1MiB', medium: 'file' });
  assert.ok(spy.directorySyncs >= 1, 'the directory entry is durable');
  const region = await stream.allocate('64KiB');
  region.appendSync('warm');
  for (let index = 0; index < 10; index += 1) {
    const before = spy.syncs;
    if (index % 2 === 0) region.appendSync('x');
    else await region.append('x');
    assert.ok(spy.syncs > before, 'persisted means synced');
  }
  await stream.close();
});

onEveryMedium('Payload cut at NUL', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const payloads = [utf8('a\0b'), new Uint8Array(1), new Uint8Array(100), utf8('\0'), utf8('ends with\0')];
  for (const bytes of payloads) region.appendSync(bytes);
  region.appendSync('text\0text');
  assertPayloads(region, [...payloads, utf8('text\0text')]);
  const { id } = region;
  await stream.close();
  assertPayloads((await place.open()).region(id) ?? [], [...payloads, utf8('text\0text')]);
});

onEveryMedium('Append inside walk', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  for (const text of ['a', 'b', 'c']) region.appendSync(text);
  let steps = 0;
  for (const entry of region) {
    assert.ok(entry.size > 0);
    if (steps < 20) region.appendSync(`inside ${steps}`);
    steps += 1;
  }
  assert.equal(steps, 23);
  for (const entry of region.entries({ reverse: true })) {
    if (entry.timestamp === 3) await region.append('awaited inside');
  }
  const cursor = region.cursor();
  for (let count = 0; cursor.next(); count += 1) if (count === 5) region.appendSync('inside a cursor');
  assert.deepEqual(texts(region).slice(-2), ['awaited inside', 'inside a cursor']);
});
