import assert from 'node:assert/strict';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MemoryMedium, Stream, VoidMedium } from '../../src/index.js';
import { assertPayloads, pattern, texts } from '../helpers/bytes.js';
import { smallDisk } from '../helpers/disk.js';
import { fails, rejects } from '../helpers/errors.js';
import { FILE_KINDS, onEveryFile, onEveryMedium, problemOf, temporaryDirectory } from '../helpers/media.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
/** Bytes in front of the data. */
const PREFIX = 12 * KIB;

onEveryMedium(
  'where allocate finds no room, the stream grows, up to maxSize and no further',
  async (_t, place) => {
    const stream = await place.open({ maxSize: '256KiB' });
    assert.equal(stream.size, 64 * KIB);
    assert.equal(stream.available, 256 * KIB - PREFIX);
    const first = await stream.allocate('40KiB', { name: 'first' });
    first.appendSync('before');
    const second = stream.allocateSync('100KiB', { name: 'second' });
    second.appendSync(pattern(90 * KIB, 1));
    // The rest of the old space is part of it.
    assert.equal(stream.size, PREFIX + 140 * KIB);
    assert.equal(stream.available, 256 * KIB - stream.size);
    await rejects('VARVE_FULL', stream.allocate('105KiB'));
    fails('VARVE_FULL', () => stream.allocateSync('105KiB'));
    assert.equal(stream.size, PREFIX + 140 * KIB, 'what is refused changes nothing');
    await stream.allocate('104KiB', { name: 'third' });
    assert.deepEqual([stream.size, stream.available], [256 * KIB, 0]);
    assert.deepEqual(texts(first), ['before']);
    if (place.path !== undefined) assert.equal(statSync(place.path).size, 256 * KIB);
    assert.equal((await stream.check()).ok, true);
    await stream.close();

    const again = await place.open();
    assert.deepEqual(
      Array.from(again.regions(), ({ name, size }) => [name, size / KIB]),
      [
        ['first', 40],
        ['second', 100],
        ['third', 104],
      ],
    );
    assertPayloads(again.region('second') ?? [], [pattern(90 * KIB, 1)]);
    assert.deepEqual([again.size, again.available], [256 * KIB, 0]);
    assert.equal((await again.check()).ok, true);
    await again.region('third')?.free();
    again.allocateSync('104KiB');
    fails('VARVE_FULL', () => again.allocateSync(1));
  },
  '64KiB',
);

onEveryMedium(
  'what it has grown by is given in pieces of an eighth, as long as maxSize allows',
  async (_t, place) => {
    const stream = await place.open({ maxSize: '5MiB' });
    await stream.allocate(stream.available - 4 * MIB);
    await stream.allocate(1);
    assert.equal(stream.size, MIB + MIB / 8);
    await stream.close();
    const again = await place.open({ maxSize: MIB + 100_000 });
    assert.equal(again.size, MIB + MIB / 8, 'a stream that is larger than maxSize already stays as it is');
    assert.equal(again.available, MIB / 8 - 4 * KIB);
    await rejects('VARVE_FULL', again.allocate('128KiB'));
    await again.close();
    const further = await place.open({ maxSize: 2 * MIB + 777 });
    await further.allocate(further.available);
    assert.equal(further.size, 2 * MIB, 'whole blocks only');
    await rejects('VARVE_FULL', further.allocate(1));
  },
);

onEveryMedium(
  'a stream is opened with the size it was created with, or the one it has',
  async (_t, place) => {
    const stream = await place.open({ maxSize: '2MiB' });
    stream.allocateSync('1MiB');
    const { size } = stream;
    await stream.close();
    for (const right of [size, MIB, undefined]) {
      const again = await place.open(right === undefined ? {} : { size: right });
      assert.equal(again.size, size);
      await again.close();
    }
    await rejects('VARVE_MISMATCH', place.open({ size: size - 4096 }));
    await rejects('VARVE_MISMATCH', place.open({ size: '2MiB', maxSize: '2MiB' }));
  },
);

test('a maxSize that can be none is refused before anything is touched', async (t) => {
  const path = join(temporaryDirectory(t), 'stream');
  for (const maxSize of ['1MiB', 0, -1, 1.5, '2 MB'] as const)
    await rejects('VARVE_ARGUMENT', Stream.open(path, { size: '2MiB', maxSize }));
  assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
  await rejects('VARVE_ARGUMENT', Stream.open(path, { maxSize: '2MiB' }));
});

test('the message of a stream that may not grow any further names its maxSize', (t) => {
  const stream = Stream.openSync(new MemoryMedium('64KiB'), { maxSize: '128KiB' });
  t.after(() => stream.closeSync());
  assert.throws(() => stream.allocateSync('1MiB'), {
    code: 'VARVE_FULL',
    message: /116 KiB.* maxSize of 128 KiB/,
  });
  const fixed = Stream.openSync(new MemoryMedium('64KiB'));
  t.after(() => fixed.closeSync());
  assert.throws(() => fixed.allocateSync('1MiB'), {
    code: 'VARVE_FULL',
    message: /52 KiB are free in one piece: .*maxSize/,
  });
});

onEveryMedium(
  'the region table makes the stream grow, too',
  async (_t, place) => {
    const stream = await place.open({ blockSize: 64, maxSize: '1MiB' });
    for (let i = 0; i < 200; i++) stream.allocateSync(64, { name: `r${i}` }).appendSync(`${i}`);
    assert.ok(stream.size > 64 * KIB);
    await stream.close();
    const again = await place.open();
    assert.deepEqual(
      texts(again.entries()),
      Array.from({ length: 200 }, (_, i) => `${i}`),
    );
    assert.equal((await again.check()).ok, true);
  },
  '16KiB',
);

onEveryMedium('allocations that nobody waits for grow one after the other', async (_t, place) => {
  const stream = await place.open({ maxSize: '8MiB' });
  const regions = await Promise.all(
    Array.from({ length: 7 }, (_, i) => stream.allocate('1MiB', { name: `${i}` })),
  );
  await Promise.all(regions.map((region, i) => region.append(pattern(500_000, i))));
  await stream.close();
  const again = await place.open();
  for (const [i, region] of [...again.regions()].entries()) assertPayloads(region, [pattern(500_000, i)]);
});

onEveryFile('a reader beside the writer follows what the stream grows by', async (_t, place) => {
  const writer = await place.open({ maxSize: '64MiB' });
  const reader = await place.open({ readOnly: true, maxSize: '64MiB' });
  assert.ok(reader.available < MIB, 'who only reads does not grow');
  for (let i = 0; i < 6; i++) {
    writer.allocateSync('3MiB', { name: `${i}` }).appendSync(pattern(2 * MIB, i));
    assertPayloads(reader.region(`${i}`) ?? [], [pattern(2 * MIB, i)]);
    assert.equal(reader.size, writer.size);
  }
  assert.equal((await reader.check()).ok, true);
  await reader.close();
});

onEveryFile(
  'what a crash leaves of a longer file is no damage, and is used by the next growth',
  async (_t, place) => {
    const stream = await place.open({ maxSize: '8MiB' });
    stream.allocateSync('1MiB', { name: 'first' }).appendSync('first');
    const { size } = stream;
    await stream.close();
    truncateSync(place.path, size + MIB);
    assert.equal((await Stream.check(place.path)).ok, true);
    const again = await place.open({ maxSize: '8MiB' });
    assert.equal(again.size, size);
    again.allocateSync('1MiB', { name: 'second' }).appendSync(pattern(MIB - 16, 1));
    assert.equal((await again.check()).ok, true);
    await again.close();
    assert.equal((await Stream.check(place.path)).ok, true);
    truncateSync(place.path, size);
    await rejects('VARVE_CORRUPT', place.open());
    await using salvage = await Stream.salvage(place.path);
    assert.equal(salvage.size, again.size);
    assert.ok(salvage.missing.some(({ what }) => what === 'end'));
    assert.deepEqual(texts(salvage.entries()).slice(0, 1), ['first']);
  },
);

onEveryFile('a salvage without a state finds what lies where the stream has grown', async (_t, place) => {
  const { path } = place;
  const stream = await place.open({ maxSize: '8MiB' });
  for (const name of ['first', 'second', 'third']) stream.allocateSync('1MiB', { name }).appendSync(name);
  await stream.close();
  const bytes = readFileSync(path);
  for (const page of [0, 4096]) bytes.fill(0xa5, page + 512, page + 576);
  writeFileSync(path, bytes);
  await using salvage = await Stream.salvage(path, { medium: place.kind as 'file' });
  assert.deepEqual(texts(salvage.entries()), ['first', 'second', 'third']);
  assert.deepEqual(
    salvage.missing.map(({ what }) => what),
    ['state'],
  );
});

test('a medium that keeps nothing grows, too', async () => {
  const stream = await Stream.open(new VoidMedium('64KiB'), { maxSize: '1GiB' });
  const region = await stream.allocate('512MiB');
  await region.append(new Uint8Array(MIB));
  assert.ok(stream.size > 512 * MIB);
  await stream.close();
});

for (const kind of FILE_KINDS) {
  test(`a disk that is full when the stream grows: VARVE_FULL, and everything goes on (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const directory = smallDisk(t);
    if (directory === undefined) return t.skip('mounting a file system needs root');
    const path = join(directory, 'stream');
    const stream = await Stream.open(path, { size: '512KiB', maxSize: '1GiB', medium: kind });
    const region = await stream.allocate('256KiB');
    region.appendSync('before');
    for (const attempt of [() => stream.allocate('4MiB'), async () => stream.allocateSync('4MiB')]) {
      await assert.rejects(attempt, { code: 'VARVE_FULL', path, message: /disk is full/ });
      assert.deepEqual([stream.size, statSync(path).size], [512 * KIB, 512 * KIB]);
    }
    region.appendSync('after');
    // Room for what is needed, and not for an eighth more.
    await stream.allocate('1.25MiB', { name: 'large' });
    stream.region('large')?.appendSync(pattern(MIB, 1));
    writeFileSync(join(directory, 'ballast'), new Uint8Array(400 * KIB));
    await stream.allocate('64KiB', { name: 'small' });
    assert.equal((await stream.check()).ok, true);
    await stream.close();
    const again = await Stream.open(path, { medium: kind });
    assert.deepEqual(texts([...again.entries()].slice(0, 2)), ['before', 'after']);
    assertPayloads(again.region('large') ?? [], [pattern(MIB, 1)]);
    await again.close();
  });
}
