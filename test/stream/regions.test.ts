import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryMedium, type Region, Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

onEveryMedium(
  'regions are found by id and by name, in order of allocation, also after reopening',
  async (_t, place) => {
    const stream = await place.open();
    const made = [
      await stream.allocate('16KiB', { name: 'zebra' }),
      stream.allocateSync(5000),
      await stream.allocate('64KiB', { name: 'ant' }),
      stream.allocateSync(1, { name: '1' }),
    ];
    const facts = (region: Region): unknown[] => [region.id, region.name, region.size, region.available];
    assert.deepEqual([...stream.regions()].map(facts), made.map(facts));
    assert.equal(new Set(made.map((region) => region.id)).size, 4);
    assert.deepEqual(
      made.map((region) => region.size),
      [16384, 8192, 65536, 4096],
    );
    assert.deepEqual(
      made.map((region) => region.name),
      ['zebra', undefined, 'ant', '1'],
    );
    const before = made.map(facts);
    await stream.close();

    const again = await place.open();
    assert.deepEqual([...again.regions()].map(facts), before);
    for (const [id, name] of before) {
      assert.equal(again.region(id as number)?.id, id);
      if (typeof name === 'string') assert.equal(again.region(name)?.id, id);
    }
    assert.equal(again.region('nobody'), undefined);
    assert.equal(again.region(4711), undefined);
  },
);

test('the same region is the same object, wherever it comes from', (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync(4096, { name: 'one' });
  assert.equal(stream.region('one'), region);
  assert.equal(stream.region(region.id), region);
  assert.deepEqual([...stream.regions()], [region]);
});

onEveryMedium(
  'names: any text of 1 to 255 bytes of UTF-8, unique, free again once the region is',
  async (_t, place) => {
    const stream = await place.open();
    const names = [
      'a',
      'ü'.repeat(127),
      `${'é'.repeat(127)}x`,
      'n'.repeat(255),
      ' ',
      '../../etc',
      'a\0b',
      '🌊'.repeat(63),
      '2',
    ];
    for (const name of names) await stream.allocate(4096, { name });
    for (const name of ['', 'n'.repeat(256), 'ü'.repeat(128), '🌊'.repeat(64)]) {
      await rejects('VARVE_ARGUMENT', stream.allocate(4096, { name }));
      fails('VARVE_ARGUMENT', () => stream.allocateSync(4096, { name }));
    }
    await rejects('VARVE_EXISTS', stream.allocate(4096, { name: 'a' }));
    fails('VARVE_EXISTS', () => stream.allocateSync(4096, { name: '2' }));
    assert.deepEqual(
      [...stream.regions()].map((region) => region.name),
      names,
    );
    await stream.close();

    const again = await place.open();
    assert.deepEqual(
      [...again.regions()].map((region) => region.name),
      names,
    );
    const old = again.region('a');
    await old?.free();
    assert.equal(again.region('a'), undefined);
    const fresh = await again.allocate(4096, { name: 'a' });
    assert.notEqual(fresh.id, old?.id);
    assert.equal(again.region('a'), fresh);
  },
);

test('an id is never used again, not even after reopening', async () => {
  const medium = new MemoryMedium('1MiB');
  const seen = new Set<number>();
  for (let round = 0; round < 5; round += 1) {
    const stream = await Stream.open(medium);
    for (let count = 0; count < 5; count += 1) {
      const region = await stream.allocate(4096);
      assert.ok(!seen.has(region.id), `id ${region.id} was there before`);
      seen.add(region.id);
      await region.free();
    }
    await stream.close();
  }
});

onEveryMedium('available is exactly what a region can still take', async (_t, place) => {
  const stream = await place.open();
  const small: Region[] = [];
  for (let round = 0; round < 40; round += 1) small.push(stream.allocateSync(4096 * (1 + (round % 3))));
  for (const region of small.filter((_, index) => index % 2 === 0)) region.freeSync();
  for (;;) {
    const { available } = stream;
    fails('VARVE_FULL', () => stream.allocateSync(available + 1));
    await rejects('VARVE_FULL', stream.allocate(available + 4096));
    assert.equal(stream.available, available);
    if (available === 0) break;
    assert.equal(stream.allocateSync(available).size, available);
  }
  fails('VARVE_FULL', () => stream.allocateSync(1));
});

onEveryMedium('freed space is merged and reused, also for regions of other sizes', async (_t, place) => {
  const stream = await place.open();
  const whole = stream.available;
  for (const order of ['oldest first', 'newest first', 'inside out']) {
    const regions: Region[] = [];
    for (const size of [4000, 12000, 70000, 1, 33000]) regions.push(await stream.allocate(size));
    if (order === 'newest first') regions.reverse();
    if (order === 'inside out') regions.sort((a, b) => Math.abs(a.size - 12288) - Math.abs(b.size - 12288));
    for (const region of regions) await region.free();
    assert.equal(stream.available, whole, order);
    const one = await stream.allocate(whole);
    one.appendSync(order);
    assert.deepEqual(texts(one), [order]);
    await one.free();
  }
  assert.equal(stream.available, whole);
});

onEveryMedium('a hole between regions takes what fits into it', async (_t, place) => {
  const stream = await place.open();
  const left = await stream.allocate('128KiB');
  const middle = await stream.allocate('256KiB');
  const right = await stream.allocate(stream.available);
  left.appendSync('left');
  right.appendSync('right');
  await middle.free();
  assert.equal(stream.available, 256 * 1024);
  const halves = [await stream.allocate('100KiB'), await stream.allocate('156KiB')];
  assert.equal(stream.available, 0);
  for (const half of halves) half.appendSync(new Uint8Array(half.available).fill(half.id));
  assert.deepEqual([texts(left), texts(right)], [['left'], ['right']]);
});

onEveryMedium('far more regions than the first table holds, also after reopening', async (_t, place) => {
  const count = 150;
  const stream = await place.open({ blockSize: 64 });
  for (let index = 0; index < count; index += 1) {
    const region = stream.allocateSync(64 * (1 + (index % 5)), { name: `region ${index}` });
    region.appendSync(`entry ${index}`);
  }
  await stream.close();
  const again = await place.open();
  assert.deepEqual(
    [...again.regions()].map((region) => region.name),
    Array.from({ length: count }, (_, i) => `region ${i}`),
  );
  assert.deepEqual(
    texts(again.entries()),
    Array.from({ length: count }, (_, i) => `entry ${i}`),
  );
  for (const region of [...again.regions()].filter((_, index) => index % 2 === 1)) await region.free();
  await again.close();
  const third = await place.open();
  assert.equal([...third.regions()].length, count / 2);
  assert.equal(third.region('region 148')?.get(149)?.text(), 'entry 148');
  assert.equal(third.region('region 149'), undefined);
  assert.ok((await third.check()).ok);
});

test('10,000 regions: allocated, reopened, freed oldest or newest first', async () => {
  const medium = new MemoryMedium('32MiB');
  for (const newestFirst of [false, true]) {
    const stream = await Stream.open(medium, { blockSize: 64 });
    for (let index = 0; index < 10_000; index += 1)
      stream.allocateSync(64, { name: `r${index}` }).appendSync(`e${index}`);
    await stream.close();
    const again = await Stream.open(medium);
    const regions = [...again.regions()];
    assert.equal(regions.length, 10_000);
    assert.equal(texts(again.entries()).length, 10_000);
    assert.deepEqual(texts(again.region('r9999') ?? []), ['e9999']);
    for (const region of newestFirst ? regions.reverse() : regions) region.freeSync();
    assert.deepEqual([...again.regions()], []);
    const rest = again.allocateSync(again.available);
    assert.ok(rest.size > 16 * 2 ** 20);
    rest.freeSync();
    await again.close();
  }
});

onEveryMedium('clear empties a region and leaves its place, name and id', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('16KiB', { name: 'kept' });
  const empty = region.available;
  for (const clear of [() => region.clear(), async () => region.clearSync()]) {
    region.appendSync('before');
    await clear();
    assert.deepEqual(texts(region), []);
    assert.equal(region.available, empty);
    assert.equal(stream.region('kept'), region);
  }
  const { timestamp } = await region.append('after');
  assert.equal(timestamp, 3);
  const id = region.id;
  await stream.close();
  const again = await place.open();
  assert.deepEqual(texts(again.region(id) ?? []), ['after']);
  await again.region(id)?.clear();
  await again.close();
  const third = await place.open();
  assert.deepEqual(texts(third.region('kept') ?? []), []);
  assert.ok((third.region('kept')?.appendSync('x').timestamp ?? 0) > 3);
});

test('regions may be freed while one walks over them', (t) => {
  const stream = memoryStream(t);
  for (let index = 0; index < 20; index += 1) stream.allocateSync(4096);
  for (const region of stream.regions()) region.freeSync();
  assert.deepEqual([...stream.regions()], []);
});
