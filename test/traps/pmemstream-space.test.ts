/** Rows of the table of traps, by their titles: what pmemstream does with space, files and damage. */
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryMedium, Stream, VarveError } from '../../src/index.js';
import { assertPayloads, pattern, texts, utf8 } from '../helpers/bytes.js';
import { start } from '../helpers/child.js';
import { fails, rejects } from '../helpers/errors.js';
import { bytesReadBy } from '../helpers/io-count.js';
import { filePlaceOn, memoryStream, onEveryFile, onEveryMedium } from '../helpers/media.js';

test('Exact fill', () => {
  const sizes = fc.array(fc.nat(700), { maxLength: 12 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 64 }), (payloadSizes, blocks) => {
      const stream = Stream.openSync(new MemoryMedium('64KiB'), { blockSize: 64 });
      const [left, region, right] = [
        stream.allocateSync(64),
        stream.allocateSync(64 * blocks),
        stream.allocateSync(64),
      ];
      left.appendSync('left');
      right.appendSync('right');
      const expected: Uint8Array[] = [];
      for (const size of payloadSizes) {
        if (size > region.available || region.available === 0) continue;
        expected.push(pattern(size, expected.length));
        region.appendSync(expected.at(-1) ?? '');
      }
      const rest = pattern(region.available, 77);
      if (region.available > 0) {
        region.appendSync(rest);
        expected.push(rest);
        fails('VARVE_FULL', () => region.appendSync(''));
      }
      assertPayloads(region, expected);
      assert.deepEqual([texts(left), texts(right)], [['left'], ['right']]);
      assert.deepEqual([...stream.regions()].length, 3);
      stream.closeSync();
    }),
    { numRuns: 300 },
  );
});

onEveryFile('Other block size at open', async (_t, place) => {
  const stream = await place.open({ blockSize: 4096 });
  (await stream.allocate('64KiB')).appendSync('precious');
  await stream.close();
  const before = readFileSync(place.path);
  for (const blockSize of [64, 512, 8192, 65536]) {
    for (const mode of ['open', 'open-or-create'] as const)
      await rejects('VARVE_MISMATCH', place.open({ blockSize, mode }));
    await rejects('VARVE_EXISTS|VARVE_MISMATCH', place.open({ blockSize, mode: 'create', size: '1MiB' }));
  }
  assert.deepEqual(readFileSync(place.path), before);
  assert.deepEqual(texts((await place.open()).entries()), ['precious']);
});

onEveryFile('Iteration writes', async (_t, place) => {
  const stream = await place.open();
  const regions = [await stream.allocate('64KiB'), await stream.allocate('64KiB')];
  for (let index = 0; index < 50; index += 1) regions[0]?.appendSync(`${index}`);
  const crashed = readFileSync(place.path);
  await stream.close();
  // Both a stream that was closed and one that a crash left with a torn tail, in a file that cannot be written.
  for (const content of [readFileSync(place.path), crashed]) {
    writeFileSync(place.path, content);
    const { mtimeMs } = statSync(place.path);
    const reader = await place.open({ readOnly: true });
    for (const region of reader.regions()) {
      assert.equal(texts(region).length, texts(region.entries({ reverse: true })).length);
      const cursor = region.cursor();
      while (cursor.next()) assert.ok(cursor.size > 0);
      assert.equal(region.get(10_000), undefined);
    }
    assert.equal(texts(reader.entries()).length, 50);
    await reader.close();
    assert.ok(readFileSync(place.path).equals(content));
    assert.equal(statSync(place.path).mtimeMs, mtimeMs);
  }
});

onEveryFile('Stale entries of an earlier life of the space', async (_t, place) => {
  const stream = await place.open();
  const old = await stream.allocate('64KiB');
  for (let index = 0; index < 100; index += 1)
    old.appendSync(`old entry number ${String(index).padStart(3, '0')}`);
  await old.free();
  const region = await stream.allocate('64KiB');
  for (let index = 0; index < 3; index += 1)
    region.appendSync(`new entry number ${String(index).padStart(3, '0')}`);
  // What a crash would leave now, with the old entries lying right behind the new ones.
  const crash = `${place.path}.crash`;
  copyFileSync(place.path, crash);
  const again = await Stream.open(crash, { medium: place.kind as 'file' });
  assert.deepEqual(texts(again.entries()), [
    'new entry number 000',
    'new entry number 001',
    'new entry number 002',
  ]);
  await again.close();
});

onEveryMedium('Freed region', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB', { name: 'here' });
  const entry = region.appendSync('old');
  const [walk, cursor] = [region.entries(), region.cursor()];
  await region.free();
  const next = await stream.allocate('64KiB', { name: 'here' });
  next.appendSync('new');
  for (const action of [
    () => walk.next(),
    () => cursor.next(),
    () => entry.text(),
    () => region.appendSync('alias'),
    () => region.get(1),
  ]) {
    fails('VARVE_REGION_FREED', action);
  }
  await rejects('VARVE_REGION_FREED', region.append('alias'));
  assert.deepEqual(texts(next), ['new']);
  assert.equal(stream.region(region.id), undefined);
});

onEveryFile('Bit rot', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  for (let index = 0; index < 20; index += 1) region.appendSync(`<<payload ${index}>>`);
  await stream.close();
  const good = readFileSync(place.path);
  const payload = good.indexOf('<<payload 7>>');
  const damage: [string, number][] = [
    ['payload', payload],
    ['length', payload - 16],
    ['checksum', payload - 12],
    ['timestamp', payload - 8],
  ];
  for (const [name, offset] of damage) {
    for (let bit = 0; bit < 8; bit += 1) {
      const file = Buffer.from(good);
      file[offset] = (file[offset] ?? 0) ^ (1 << bit);
      writeFileSync(place.path, file);
      const reader = await place.open({ readOnly: true });
      const seen: string[] = [];
      const read = (): void => {
        for (const entry of reader.region(region.id) ?? []) seen.push(entry.text());
      };
      assert.throws(
        read,
        (error) =>
          error instanceof VarveError && error.code === 'VARVE_CORRUPT' && error.offset !== undefined,
        name,
      );
      assert.deepEqual(
        seen,
        Array.from({ length: 7 }, (_, index) => `<<payload ${index}>>`),
      );
      await reader.close();
    }
  }
});

test('Region sizes', (t) => {
  const stream = memoryStream(t);
  const sizes = [4000, 12000, 1, 4096, 4097, 100_000];
  const regions = sizes.map((size) => stream.allocateSync(size));
  assert.deepEqual(
    regions.map((region) => region.size),
    [4096, 12288, 4096, 4096, 8192, 102_400],
  );
  regions[1]?.freeSync();
  const larger = stream.allocateSync(20_000);
  assert.equal(larger.size, 20_480);
  larger.appendSync(new Uint8Array(20_480 - 16));
  const smaller = stream.allocateSync(5000);
  assert.equal(smaller.size, 8192);
});

onEveryMedium('Second open', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  await rejects('VARVE_LOCKED', place.open());
  fails('VARVE_LOCKED', () => place.openSync());
  await region.append('the first goes on');
  assert.deepEqual(texts(region), ['the first goes on']);
});

test('Size 0 as error', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync(4096);
  assert.equal(region.appendSync('').size, 0);
  const failures: [string, () => unknown][] = [
    ['VARVE_FULL', () => stream.allocateSync('2MiB')],
    ['VARVE_FULL', () => region.appendSync(new Uint8Array(5000))],
    ['VARVE_ARGUMENT', () => stream.allocateSync(-1)],
    ['VARVE_ARGUMENT', () => region.reserve(-1)],
  ];
  for (const [code, action] of failures) fails(code, action);
});

test('Tail found by reading everything', async (t) => {
  const place = filePlaceOn(t, 'file', '64MiB');
  const stream = await place.open();
  const region = await stream.allocate('60MiB', { name: 'long' });
  for (let index = 0; index < 400; index += 1)
    region.appendSync(new Uint8Array(100_000).fill(index), { until: 'committed' });
  await stream.close();
  let again: Stream | undefined;
  const openAndAppend = async (): Promise<void> => {
    again = await place.open();
    again.region('long')?.appendSync('first after opening');
  };
  const read = await bytesReadBy(openAndAppend);
  if (read === undefined) return t.skip('this system does not tell how much a process has read');
  assert.ok(read < 2 ** 20, `${read} bytes were read to find the tail of 40 MB`);
  await again?.close();

  const child = start(t, 'chores', ['append-a-little', place.path, 'file']);
  await child.wrote(1);
  child.kill();
  await child.ended;
  const afterCrash = (await bytesReadBy(openAndAppend)) ?? 0;
  // What was written since the mark, and a fixed stretch behind it that is searched for certificates.
  assert.ok(afterCrash < 24 * 2 ** 20, `${afterCrash} bytes were read to recover 100 entries behind 40 MB`);
  assert.equal(texts(again?.region('long')?.entries({ from: 401 }) ?? []).length, 102);
  assert.deepEqual(again?.region('long')?.get(401)?.copy(), utf8('first after opening'));
});
