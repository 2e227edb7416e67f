import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { type FilePlace, onEveryFile, onEveryMedium, temporaryDirectory } from '../helpers/media.js';

onEveryMedium('a good stream is ok, open or closed, empty or full', async (_t, place) => {
  const stream = await place.open();
  assert.deepEqual((await stream.check()).problems, []);
  const regions = [
    await stream.allocate('64KiB'),
    await stream.allocate(4096, { name: 'full' }),
    await stream.allocate(4096),
  ];
  for (let index = 0; index < 100; index += 1) regions[0]?.appendSync(`entry ${index}`);
  regions[1]?.appendSync(new Uint8Array(regions[1].available));
  regions[0]?.reserve(50).publishSync(20);
  const seen: number[] = [];
  const report = await stream.check({ onProgress: (progress) => seen.push(progress.done / progress.total) });
  assert.ok(report.ok);
  assert.deepEqual([report.regions, report.entries, report.problems], [3, 102, []]);
  assert.ok(report.bytes > 0 && report.bytes <= stream.size);
  assert.ok(seen.every((part) => part >= 0 && part <= 1));
  await stream.close();
  if (place.path !== undefined) {
    const before = readFileSync(place.path);
    const closed = await Stream.check(place.path);
    assert.deepEqual([closed.ok, closed.regions, closed.entries], [true, 3, 102]);
    assert.deepEqual(readFileSync(place.path), before);
  }
});

onEveryMedium(
  'a place given up at the end of a region, after later entries of another one, is no damage',
  async (_t, place) => {
    const stream = await place.open();
    const [region, other] = [await stream.allocate(4096), await stream.allocate(4096)];
    region.appendSync('one');
    const [first, second] = [region.reserve(100), region.reserve(100)];
    other.appendSync('two');
    // The first becomes a filler, as there is something behind it, with the timestamp of 'two'; then there is not.
    first.cancel();
    second.cancel();
    assert.deepEqual((await stream.check()).problems, []);
    await stream.close();
    const again = await place.open();
    assert.deepEqual((await again.check()).problems, []);
    assert.deepEqual(texts(again.entries()), ['one', 'two']);
  },
);

/** A closed stream with 50 entries, of which number 20 has had a bit flipped in its payload. */
async function damaged(place: FilePlace): Promise<{ id: number; file: Buffer; timestamp: number }> {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  for (let index = 1; index <= 50; index += 1) region.appendSync(`<<entry ${index}>>`);
  await stream.close();
  const file = readFileSync(place.path);
  const at = file.indexOf('<<entry 20>>');
  assert.ok(at > 0 && file.indexOf('<<entry 20>>', at + 1) < 0, 'the payload is in the file, once');
  file[at + 3] = (file[at + 3] ?? 0) ^ 4;
  writeFileSync(place.path, file);
  return { id: region.id, file, timestamp: 20 };
}

onEveryFile('damage is reported with its place, and nothing is changed', async (_t, place) => {
  const { id, file, timestamp } = await damaged(place);
  const report = await Stream.check(place.path);
  assert.equal(report.ok, false);
  const [problem] = report.problems;
  assert.ok(problem !== undefined);
  assert.equal(problem.code, 'VARVE_CORRUPT');
  assert.equal(problem.region, id);
  assert.equal(problem.timestamp, timestamp);
  assert.ok(typeof problem.offset === 'number' && problem.offset > 0 && problem.offset < 65536);
  assert.ok(problem.message.length > 20);
  assert.deepEqual(readFileSync(place.path), file);
});

onEveryFile(
  'reading up to the damage works, reading it throws with the place, and it stays told',
  async (_t, place) => {
    const { id, file } = await damaged(place);
    for (const readOnly of [true, false]) {
      const stream = await place.open({ readOnly });
      const seen: string[] = [];
      const walk = async (): Promise<void> => {
        for (const entry of stream.region(id) ?? []) seen.push(entry.text());
      };
      await assert.rejects(walk, (error: Error & { code?: string; offset?: number }) => {
        assert.equal(error.code, 'VARVE_CORRUPT');
        assert.ok(typeof error.offset === 'number' && error.offset > 0);
        return true;
      });
      assert.deepEqual(
        seen,
        Array.from({ length: 19 }, (_, index) => `<<entry ${index + 1}>>`),
      );
      await rejects('VARVE_CORRUPT', (async () => texts(stream.entries()))());
      await rejects(
        'VARVE_CORRUPT',
        (async () => texts(stream.region(id)?.entries({ reverse: true }) ?? []))(),
      );
      assert.equal((await stream.check()).ok, false);
      if (readOnly) assert.deepEqual(readFileSync(place.path), file);
      await stream.close();
    }
    assert.equal((await Stream.check(place.path)).ok, false);
  },
);

onEveryFile('every damage is reported, not only the first', async (_t, place) => {
  const stream = await place.open();
  const regions = [1, 2, 3].map((number) => stream.allocateSync(4096, { name: `${number}` }));
  for (const region of regions) region.appendSync(`<<in ${region.name}>>`);
  await stream.close();
  const file = readFileSync(place.path);
  for (const region of regions) file.write('?', file.indexOf(`<<in ${region.name}>>`));
  writeFileSync(place.path, file);
  const report = await Stream.check(place.path);
  assert.deepEqual(
    new Set(report.problems.map((problem) => problem.region)),
    new Set(regions.map((region) => region.id)),
  );
});

onEveryFile('one damaged copy of what stands twice is reported and hurts nobody', async (_t, place) => {
  const stream = await place.open();
  (await stream.allocate(4096)).appendSync('fine');
  await stream.close();
  const good = readFileSync(place.path);
  for (const page of [0, 4096]) {
    const file = Buffer.from(good);
    file.fill(0, page, page + 4096);
    writeFileSync(place.path, file);
    assert.equal((await Stream.check(place.path)).ok, false, `page at ${page}`);
    const again = await place.open();
    assert.deepEqual(texts(again.entries()), ['fine']);
    await again.close();
    assert.equal((await Stream.check(place.path)).ok, true, 'opening for writing has repaired the copy');
  }
});

onEveryFile('a file that someone made longer opens, and check says so', async (_t, place) => {
  const stream = await place.open();
  (await stream.allocate(4096)).appendSync('fine');
  await stream.close();
  appendFileSync(place.path, 'something more');
  const before = readFileSync(place.path);
  const report = await Stream.check(place.path);
  assert.ok(report.problems.length > 0);
  assert.deepEqual(readFileSync(place.path), before);
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), ['fine']);
});

test('what is no stream and what is not there are errors or problems, not answers', async (t) => {
  const directory = temporaryDirectory(t);
  await rejects('VARVE_NOT_FOUND', Stream.check(join(directory, 'missing')));
  const path = join(directory, 'text');
  writeFileSync(path, 'just a text\n'.repeat(2000));
  await rejects('VARVE_NOT_A_STREAM', Stream.check(path));
});
