import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Region, Stream } from '../../src/index.js';
import { assertPayloads, assertRising, pattern, texts, timestamps, utf8 } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

type Data = Parameters<Region['append']>[0];

/** Every kind of data that an append takes, and the bytes that must come out. */
function allKinds(): [string, Data, Uint8Array][] {
  const bytes = pattern(48, 7);
  const { buffer } = bytes;
  const shared = new SharedArrayBuffer(48);
  new Uint8Array(shared).set(bytes);
  const part = bytes.slice(8, 32);
  return [
    ['Uint8Array', bytes, bytes],
    ['Uint8ClampedArray', new Uint8ClampedArray(buffer, 8, 24), part],
    ['Int8Array', new Int8Array(buffer, 8, 24), part],
    ['Uint16Array', new Uint16Array(buffer, 8, 12), part],
    ['Int16Array', new Int16Array(buffer, 8, 12), part],
    ['Uint32Array', new Uint32Array(buffer, 8, 6), part],
    ['Int32Array', new Int32Array(buffer, 8, 6), part],
    ['Float32Array', new Float32Array(buffer, 8, 6), part],
    ['Float64Array', new Float64Array(buffer, 8, 3), part],
    ['BigInt64Array', new BigInt64Array(buffer, 8, 3), part],
    ['BigUint64Array', new BigUint64Array(buffer, 8, 3), part],
    ['DataView', new DataView(buffer, 8, 24), part],
    ['an odd part', bytes.subarray(3, 20), bytes.slice(3, 20)],
    ['Buffer', Buffer.from(bytes), bytes],
    ['Buffer from the pool', Buffer.from('pooled'), utf8('pooled')],
    ['ArrayBuffer', buffer, bytes],
    ['SharedArrayBuffer', shared, bytes],
    ['view of a SharedArrayBuffer', new Uint8Array(shared, 8, 24), part],
    ['string', 'plain', utf8('plain')],
    ['string of several bytes a character', 'zażółć 日本 🌊', utf8('zażółć 日本 🌊')],
    [
      'string with lone surrogates',
      'a\ud800b\udc00',
      new Uint8Array([0x61, 0xef, 0xbf, 0xbd, 0x62, 0xef, 0xbf, 0xbd]),
    ],
    ['a long string', '🌊é'.repeat(3000), utf8('🌊é'.repeat(3000))],
    ['empty string', '', new Uint8Array()],
    ['empty view', bytes.subarray(5, 5), new Uint8Array()],
    ['empty ArrayBuffer', new ArrayBuffer(0), new Uint8Array()],
    ['NUL bytes', new Uint8Array(9), new Uint8Array(9)],
  ];
}

onEveryMedium('every kind of data comes out byte for byte, also after reopening', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('512KiB');
  const expected: Uint8Array[] = [];
  for (const [name, data, bytes] of allKinds()) {
    const entries = [
      region.appendSync(data),
      await region.append(data),
      region.appendvSync([data]),
      await region.appendv([data]),
    ];
    for (const entry of entries) {
      assert.equal(entry.size, bytes.byteLength, name);
      assert.deepEqual(entry.copy(), bytes, name);
      expected.push(bytes);
    }
  }
  assertPayloads(region, expected);
  const { id } = region;
  await stream.close();
  assertPayloads((await place.open()).region(id) ?? [], expected);
});

onEveryMedium('appendv makes one entry of all its parts', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('256KiB');
  const kinds = allKinds();
  const parts = kinds.map(([, data]) => data);
  const whole = new Uint8Array(Buffer.concat(kinds.map(([, , bytes]) => bytes)));
  assert.deepEqual((await region.appendv(parts)).copy(), whole);
  assert.deepEqual(region.appendvSync(parts).copy(), whole);
  assert.equal(region.appendvSync([]).size, 0);
  assert.equal((await region.appendv(['', new Uint8Array()])).size, 0);
  assert.deepEqual(timestamps(region), [1, 2, 3, 4]);
});

onEveryMedium('every size from 0 on, until: persisted and committed', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('512KiB');
  const expected: Uint8Array[] = [];
  for (let size = 0; size <= 130; size += 1) {
    const bytes = pattern(size, size);
    const until = size % 2 === 0 ? 'committed' : 'persisted';
    const entry =
      size % 3 === 0 ? await region.append(bytes, { until }) : region.appendSync(bytes, { until });
    assert.ok(stream.committed >= entry.timestamp);
    if (until === 'persisted') assert.ok(stream.persisted >= entry.timestamp);
    expected.push(bytes);
  }
  for (const size of [4095, 4096, 4097, 65535, 65536, 70001]) {
    const bytes = pattern(size, size);
    await region.append(bytes);
    expected.push(bytes);
  }
  assertPayloads(region, expected);
  const { id } = region;
  await stream.close();
  assertPayloads((await place.open()).region(id) ?? [], expected);
});

onEveryMedium('the largest that fits fits exactly, and one byte more is VARVE_FULL', async (_t, place) => {
  const stream = await place.open({ blockSize: 64 });
  const before = stream.allocateSync(64);
  const region = stream.allocateSync(4096);
  const behind = stream.allocateSync(64);
  before.appendSync('before');
  behind.appendSync('behind');
  region.appendSync('not the first');
  const { available } = region;
  fails('VARVE_FULL', () => region.appendSync(new Uint8Array(available + 1)));
  await rejects('VARVE_FULL', region.append(new Uint8Array(available + 1)));
  fails('VARVE_FULL', () => region.reserve(available + 1));
  const bytes = pattern(available, 1);
  region.appendSync(bytes);
  fails('VARVE_FULL', () => region.appendSync(''));
  fails('VARVE_FULL', () => region.reserve(0));
  assertPayloads(region, [utf8('not the first'), bytes]);
  const { id } = region;
  await stream.close();
  const again = await place.open();
  assertPayloads(again.region(id) ?? [], [utf8('not the first'), bytes]);
  fails('VARVE_FULL', () => again.region(id)?.appendSync(''));
  assert.deepEqual(
    [texts(again.region(before.id) ?? []), texts(again.region(behind.id) ?? [])],
    [['before'], ['behind']],
  );
});

test('an entry costs at most 16 bytes and padding to 8', (t) => {
  const stream = memoryStream(t, '1MiB', { blockSize: 64 });
  const region = stream.allocateSync(64 * 1024);
  assert.equal(region.available, region.size - 16);
  let used = 0;
  for (const size of [0, 1, 7, 8, 9, 100, 1000]) {
    region.appendSync(new Uint8Array(size));
    used += 16 + Math.ceil(size / 8) * 8;
    assert.equal(region.available, region.size - used - 16, `after ${size} bytes`);
  }
});

function whole(stream: Stream): unknown {
  return {
    committed: stream.committed,
    available: stream.available,
    regions: [...stream.regions()].map((region) => [
      region.id,
      region.available,
      texts(region),
      timestamps(region),
    ]),
  };
}

onEveryMedium('VARVE_FULL and wrong data leave everything as it was', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate(4096);
  region.appendSync('first');
  const before = whole(stream);
  const big = new Uint8Array(5000);
  const wrong: unknown[] = [
    undefined,
    null,
    1,
    1n,
    true,
    {},
    [1, 2],
    Symbol('x'),
    () => 1,
    { length: 3 },
    new Date(),
  ];
  fails('VARVE_FULL', () => region.appendSync(big));
  fails('VARVE_FULL', () => region.appendSync('é'.repeat(2100)));
  fails('VARVE_FULL', () => region.appendvSync([big.subarray(0, 2500), big.subarray(0, 2500)]));
  await rejects('VARVE_FULL', region.append(big, { until: 'committed' }));
  await rejects('VARVE_FULL', region.appendv(['x', big]));
  for (const data of wrong) {
    fails('VARVE_ARGUMENT', () => region.appendSync(data as Data));
    fails('VARVE_ARGUMENT', () => region.appendvSync(['fine', data as Data]));
    await rejects('VARVE_ARGUMENT', region.append(data as Data));
    await rejects('VARVE_ARGUMENT', region.appendv([data as Data, 'fine']));
  }
  assert.deepEqual(whole(stream), before);
  assert.equal(region.appendSync('second').timestamp, 2);
  assert.deepEqual(texts(region), ['first', 'second']);
});

onEveryMedium('expectedLast: an append only behind the entry one knows of', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('16KiB');
  const other = await stream.allocate('16KiB');
  const first = region.appendSync('first', { expectedLast: 0 });
  other.appendSync('elsewhere');
  const second = await region.append('second', { expectedLast: first.timestamp });
  const before = whole(stream);
  for (const expectedLast of [0, first.timestamp, second.timestamp + 1, 1000]) {
    fails('VARVE_CONFLICT', () => region.appendSync('no', { expectedLast }));
    await rejects('VARVE_CONFLICT', region.append('no', { expectedLast }));
    await rejects('VARVE_CONFLICT', region.appendv(['n', 'o'], { expectedLast }));
  }
  for (const expectedLast of [Number.NaN, -1, 0.5, 2 ** 53, '1' as unknown as number]) {
    fails('VARVE_ARGUMENT', () => region.appendSync('no', { expectedLast }));
  }
  assert.deepEqual(whole(stream), before);
  region.appendvSync(['th', 'ird'], { expectedLast: second.timestamp });
  assert.deepEqual(texts(region), ['first', 'second', 'third']);
});

onEveryMedium('thousands of appends at once: in order, all of them persisted', async (_t, place) => {
  const stream = await place.open();
  const regions = [await stream.allocate('128KiB'), await stream.allocate('128KiB')];
  const pending = [];
  for (let index = 0; index < 4000; index += 1) pending.push(regions[index % 2]?.append(`${index}`));
  assert.equal(stream.committed, 4000, 'an append is reserved and published at once');
  const entries = await Promise.all(pending);
  assert.equal(stream.persisted, 4000);
  assert.deepEqual(
    entries.map((entry) => entry?.timestamp),
    Array.from({ length: 4000 }, (_, index) => index + 1),
  );
  assert.deepEqual(
    texts(stream.entries()),
    Array.from({ length: 4000 }, (_, index) => `${index}`),
  );
});

test('the data of an append is taken when it is called', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  const data = utf8('as it was');
  const pending = [
    region.append(data),
    region.appendv([data, data]),
    region.append(data, { until: 'committed' }),
  ];
  data.fill(0x21);
  await Promise.all(pending);
  assert.deepEqual(texts(region), ['as it was', 'as it wasas it was', 'as it was']);
});

test('timestamps are one global order over all regions', (t) => {
  const stream = memoryStream(t);
  const regions = [1, 2, 3].map(() => stream.allocateSync('16KiB'));
  for (let index = 0; index < 300; index += 1) {
    assert.equal(regions[(index * 7) % 3]?.appendSync(`${index}`).timestamp, index + 1);
  }
  for (const region of regions) assertRising(timestamps(region));
  assert.deepEqual(
    timestamps(stream.entries()),
    Array.from({ length: 300 }, (_, index) => index + 1),
  );
});

onEveryMedium('entries of all kinds share cache lines, and none changes another', async (t, place) => {
  const stream = await place.open();
  t.after(() => stream.close());
  const region = await stream.allocate(4096, { name: 'mixed' });
  let state = 7;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let expected: Buffer[] = [];
  const ways: ((data: Buffer) => unknown)[] = [
    (data) => region.appendSync(data),
    (data) => region.appendSync(data, { until: 'committed' }),
    (data) => region.appendSync(data.toString('latin1').replace(/[^a-z]/g, 'x'), { until: 'committed' }),
    (data) => region.appendvSync([data.subarray(0, 3), data.subarray(3)]),
  ];
  for (let round = 0; round < 2000; round++) {
    // Few sizes, so that after a clear an entry often ends where one ended before it.
    const data = Buffer.alloc([0, 5, 8, 24, 40, 61, 200][random(7)] ?? 0, 97 + random(26));
    if (region.available < data.length + 16) {
      assert.deepEqual(
        Array.from(region, (entry) => Buffer.from(entry.copy())),
        expected,
        `round ${round}`,
      );
      region.clearSync();
      expected = [];
    }
    (ways[random(ways.length)] ?? ways[0])?.(data);
    expected.push(data);
  }
  assert.ok((await stream.check()).ok);
  assert.deepEqual(
    Array.from(region, (entry) => Buffer.from(entry.copy())),
    expected,
  );
});

onEveryMedium('what stood in a line before a clear does not come back', async (t, place) => {
  const stream = await place.open();
  t.after(() => stream.close());
  const region = await stream.allocate(4096);
  region.appendSync(Buffer.alloc(24, 'a'));
  region.clearSync();
  region.appendSync(Buffer.alloc(24, 'b'), { until: 'committed' });
  region.appendSync(Buffer.alloc(24, 'c'));
  assert.deepEqual(texts(region), ['b'.repeat(24), 'c'.repeat(24)]);
});
