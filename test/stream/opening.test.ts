import assert from 'node:assert/strict';
import { existsSync, linkSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { MemoryMedium, Stream, VoidMedium } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { filePlaceOn, onEveryFile, onEveryMedium, problemOf, temporaryDirectory } from '../helpers/media.js';

onEveryMedium('what was appended is there after opening again, with its timestamps', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB', { name: 'orders' });
  const first = await region.append('one');
  const second = region.appendSync('two');
  assert.deepEqual([first.timestamp, second.timestamp], [1, 2]);
  await stream.close();

  const again = await place.open();
  const orders = again.region('orders');
  assert.ok(orders !== undefined);
  assert.deepEqual(texts(orders), ['one', 'two']);
  assert.equal(orders.get(2)?.text(), 'two');
  assert.deepEqual([again.committed, again.persisted], [2, 2]);
  assert.ok(orders.appendSync('three').timestamp > 2);
  assert.deepEqual(texts(orders), ['one', 'two', 'three']);
});

onEveryMedium('openSync does the same as open', (_t, place) => {
  const stream = place.openSync();
  stream.allocateSync(4096, { name: 'a' }).appendSync('kept');
  stream.closeSync();
  const again = place.openSync();
  assert.deepEqual(texts(again.region('a') ?? []), ['kept']);
});

test('a size is a number of bytes or a string with a unit', async (t) => {
  const directory = temporaryDirectory(t);
  const sizes: readonly [number | string, number][] = [
    [65536, 65536],
    ['512KiB', 512 * 1024],
    ['1MiB', 1024 * 1024],
    ['0.5MiB', 512 * 1024],
  ];
  for (const [size, bytes] of sizes) {
    const path = join(directory, `of-${size}`);
    const stream = await Stream.open(path, { size, medium: 'file' });
    assert.equal(stream.size, bytes);
    await stream.close();
    assert.equal(statSync(path).size, bytes);
    const again = await Stream.open(path, { size: bytes, medium: 'file' });
    assert.equal(again.size, bytes);
    await again.close();
  }
  const large = await Stream.open(join(directory, 'sparse'), { size: '4GiB', medium: 'file' });
  assert.equal(large.size, 4 * 2 ** 30);
  await large.close();
});

test('a size that is not a multiple of anything is kept as it was asked for', async (t) => {
  const path = join(temporaryDirectory(t), 'odd');
  const stream = await Stream.open(path, { size: 100_003, medium: 'file' });
  const region = await stream.allocate(stream.available);
  await region.append('x');
  await stream.close();
  const again = await Stream.open(path, { size: 100_003, medium: 'file' });
  assert.deepEqual(texts(again.entries()), ['x']);
  await again.close();
});

test('modes: create, open, open-or-create', async (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'modes');
  await rejects('VARVE_NOT_FOUND', Stream.open(path, { mode: 'open' }));
  await rejects('VARVE_NOT_FOUND', Stream.open(path, { mode: 'open', size: '1MiB' }));
  fails('VARVE_NOT_FOUND', () => Stream.openSync(path, { mode: 'open' }));
  assert.ok(!existsSync(path));
  await (await Stream.open(path, { mode: 'create', size: '1MiB' })).close();
  const before = readFileSync(path);
  await rejects('VARVE_EXISTS', Stream.open(path, { mode: 'create', size: '1MiB' }));
  fails('VARVE_EXISTS', () => Stream.openSync(path, { mode: 'create', size: '2MiB' }));
  assert.deepEqual(readFileSync(path), before);
  await (await Stream.open(path, { mode: 'open' })).close();
  await (await Stream.open(path, { mode: 'open-or-create' })).close();
  await (await Stream.open(path)).close();
});

test('creating needs a size, and leaves nothing behind without one', async (t) => {
  const path = join(temporaryDirectory(t), 'sizeless');
  await rejects('VARVE_ARGUMENT|VARVE_NOT_FOUND', Stream.open(path));
  await rejects('VARVE_ARGUMENT|VARVE_NOT_FOUND', Stream.open(path, { mode: 'create' }));
  assert.ok(!existsSync(path));
});

onEveryFile(
  'another size or block size than the stream has: VARVE_MISMATCH, not a byte touched',
  async (_t, place) => {
    const stream = await place.open({ blockSize: 512 });
    (await stream.allocate(4096)).appendSync('precious');
    await stream.close();
    const before = readFileSync(place.path);
    for (const options of [
      { size: '2MiB' },
      { size: 4096 },
      { size: 2 ** 20 + 1 },
      { blockSize: 4096 },
      { blockSize: 64 },
    ]) {
      await rejects('VARVE_MISMATCH', place.open(options));
      fails('VARVE_MISMATCH', () => place.openSync(options));
      await rejects('VARVE_MISMATCH', place.open({ ...options, readOnly: true }));
    }
    assert.deepEqual(readFileSync(place.path), before);
    const again = await place.open({ size: '1MiB', blockSize: 512 });
    assert.deepEqual(texts(again.entries()), ['precious']);
  },
);

test('a medium that holds a stream with another block size is refused too', async () => {
  const medium = new MemoryMedium('1MiB');
  const stream = await Stream.open(medium, { blockSize: 256 });
  (await stream.allocate(256)).appendSync('precious');
  await stream.close();
  await rejects('VARVE_MISMATCH', Stream.open(medium, { blockSize: 4096 }));
  await rejects('VARVE_MISMATCH', Stream.open(medium, { size: '2MiB' }));
  const again = await Stream.open(medium);
  assert.equal(again.blockSize, 256);
  assert.deepEqual(texts(again.entries()), ['precious']);
  await again.close();
});

test('block sizes are powers of two from 64 on', async () => {
  for (const blockSize of [64, 128, 4096, 65536]) {
    const stream = await Stream.open(new MemoryMedium('1MiB'), { blockSize });
    assert.equal(stream.blockSize, blockSize);
    assert.equal((await stream.allocate(1)).size, blockSize);
    await stream.close();
  }
  for (const blockSize of [0, 1, 32, 63, 65, 4095, 4097, -64, 0.5, Number.NaN]) {
    await rejects('VARVE_ARGUMENT', Stream.open(new MemoryMedium('1MiB'), { blockSize }));
  }
});

test('the default block size is 4096', async () => {
  const stream = await Stream.open(new MemoryMedium('1MiB'));
  assert.equal(stream.blockSize, 4096);
  await stream.close();
});

test('a target may be a path, a file: URL or a medium', async (t) => {
  const path = join(temporaryDirectory(t), 'with space and % and ü');
  const stream = await Stream.open(pathToFileURL(path), { size: '1MiB' });
  (await stream.allocate(4096)).appendSync('by URL');
  await stream.close();
  assert.ok(existsSync(path));
  const again = Stream.openSync(path);
  assert.deepEqual(texts(again.entries()), ['by URL']);
  again.closeSync();
  await rejects('VARVE_ARGUMENT', Stream.open(new URL('https://example.org/stream'), { size: '1MiB' }));
});

test('medium says how a path was opened', async (t) => {
  const directory = temporaryDirectory(t);
  for (const medium of ['file', 'page-cache', 'pmem'] as const) {
    const problem = medium === 'file' ? undefined : problemOf('page-cache');
    if (problem !== undefined) {
      t.diagnostic(`not opened as ${medium}: ${problem}`);
      continue;
    }
    const stream = await Stream.open(join(directory, medium), { size: '1MiB', medium });
    assert.equal(stream.medium.kind, medium);
    assert.ok(Number.isInteger(stream.medium.granularity) && stream.medium.granularity >= 1);
    await stream.close();
  }
  const auto = await Stream.open(join(directory, 'auto'), { size: '1MiB', medium: 'auto' });
  assert.ok(['file', 'page-cache', 'pmem'].includes(auto.medium.kind));
  await auto.close();
});

test('a stream written through one medium reads the same through every other', async (t) => {
  if (problemOf('page-cache') !== undefined) return t.skip(problemOf('page-cache'));
  const place = filePlaceOn(t, 'file');
  const kinds = ['file', 'page-cache', 'pmem', 'auto'] as const;
  const expected: string[] = [];
  for (const medium of [...kinds, ...kinds]) {
    const stream = await place.open({ medium });
    const region = stream.region('shared') ?? (await stream.allocate('64KiB', { name: 'shared' }));
    await region.append(`through ${medium}`);
    expected.push(`through ${medium}`);
    assert.deepEqual(texts(region), expected);
    await stream.close();
  }
});

test('the void takes everything and keeps nothing', async () => {
  const stream = await Stream.open(new VoidMedium('1MiB'));
  assert.equal(stream.medium.kind, 'void');
  const region = await stream.allocate('64KiB');
  const before = region.available;
  assert.equal((await region.append('gone')).timestamp, 1);
  assert.equal(region.appendSync('gone too').timestamp, 2);
  assert.ok(region.available < before);
  await stream.close();
});

onEveryMedium('properties of an open stream', async (_t, place) => {
  const stream = await place.open();
  assert.equal(stream.size, 2 ** 20);
  assert.equal(stream.readOnly, false);
  assert.equal(stream.closed, false);
  assert.equal(stream.medium.kind, place.kind);
  assert.deepEqual([stream.committed, stream.persisted], [0, 0]);
  assert.deepEqual([...stream.regions()], []);
  await stream.close();
  assert.equal(stream.closed, true);
});

onEveryFile(
  'one writer: the second gets VARVE_LOCKED, under any name, until the first has closed',
  async (t, place) => {
    const stream = await place.open();
    const directory = temporaryDirectory(t);
    symlinkSync(place.path, join(directory, 'soft'));
    await rejects('VARVE_LOCKED', place.open());
    fails('VARVE_LOCKED', () => place.openSync());
    await rejects('VARVE_LOCKED', Stream.open(join(directory, 'soft'), { medium: place.kind as 'file' }));
    const hard = `${place.path}.hard`;
    linkSync(place.path, hard);
    await rejects('VARVE_LOCKED', Stream.open(hard, { medium: place.kind as 'file' }));
    (await stream.allocate(4096)).appendSync('still fine');
    await stream.close();
    const next = await place.open();
    assert.deepEqual(texts(next.entries()), ['still fine']);
  },
);

test('a medium is opened by one writer at a time', async () => {
  const medium = new MemoryMedium('1MiB');
  const stream = await Stream.open(medium);
  await rejects('VARVE_LOCKED', Stream.open(medium));
  await stream.close();
  await (await Stream.open(medium)).close();
});

test('a signal that has fired already stops the opening, and nothing is created', async (t) => {
  const path = join(temporaryDirectory(t), 'aborted');
  await assert.rejects(Stream.open(path, { size: '1MiB', signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
  assert.ok(!existsSync(path));
});

test('a stream too small for itself is refused and leaves nothing behind', async (t) => {
  const path = join(temporaryDirectory(t), 'tiny');
  for (const size of [0, 1, 4096, 12287]) {
    await rejects('VARVE_ARGUMENT', Stream.open(path, { size, medium: 'file' }));
    assert.ok(!existsSync(path));
  }
});
