import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Region } from '../../src/index.js';
import { pattern, texts, timestamps } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

onEveryMedium('forwards, backwards, from a timestamp, one by its timestamp', async (_t, place) => {
  let stream = await place.open();
  const ids = [await stream.allocate('128KiB'), await stream.allocate('128KiB')].map((region) => region.id);
  for (let index = 1; index <= 2000; index += 1) {
    stream.region(ids[index % 2] ?? 0)?.appendSync(`entry ${index}`, { until: 'committed' });
  }
  for (const reopened of [false, true]) {
    if (reopened) {
      await stream.close();
      stream = await place.open();
    }
    const even = stream.region(ids[0] ?? 0);
    assert.ok(even !== undefined);
    const all = Array.from({ length: 1000 }, (_, index) => 2 * (index + 1));
    assert.deepEqual(timestamps(even), all);
    assert.deepEqual(timestamps(even.entries()), all);
    assert.deepEqual(timestamps(even.entries({ reverse: true })), all.toReversed());
    for (const from of [1, 2, 3, 4, 999, 1000, 1999, 2000, 2001, 5000]) {
      assert.deepEqual(
        timestamps(even.entries({ from })),
        all.filter((t) => t >= from),
        `from ${from}`,
      );
      const expected = all.filter((t) => t <= from).toReversed();
      assert.deepEqual(timestamps(even.entries({ from, reverse: true })), expected, `back from ${from}`);
      assert.equal(even.get(from)?.text(), from % 2 === 0 && from <= 2000 ? `entry ${from}` : undefined);
    }
  }
});

onEveryMedium('single entries of all sizes, in any order, also once more', async (_t, place) => {
  let stream = await place.open();
  const { id } = await stream.allocate('512KiB');
  const sizes = Array.from({ length: 300 }, (_, index) =>
    index % 50 === 0 ? 9000 + index : (index * 37) % 1500,
  );
  const fill = (region: Region) => {
    for (const [index, size] of sizes.entries())
      region.appendSync(pattern(size, index), { until: 'committed' });
  };
  /** Finds each of them twice; the first one has the timestamp `first`. */
  const findAll = (region: Region, first: number) => {
    const found = Array.from({ length: 600 }, (_, index) => region.get(first + ((index * 101) % 300)));
    for (const entry of found) {
      const at = (entry?.timestamp ?? 0) - first;
      assert.ok(entry !== undefined && Buffer.compare(entry.data, pattern(sizes[at] ?? -1, at)) === 0);
    }
    assert.deepEqual(new Set(found.map((entry) => entry?.timestamp)).size, 300);
    return found;
  };
  fill(stream.region(id) as Region);
  findAll(stream.region(id) as Region, 1);
  await stream.close();
  stream = await place.open();
  const region = stream.region(id) as Region;
  const [entry] = findAll(region, 1);
  assert.equal(region.get(301), undefined);
  assert.equal(region.appendSync('further').timestamp, region.get(301)?.timestamp);
  await region.clear();
  assert.equal(region.get(1), undefined);
  fails('VARVE_REGION_FREED', () => entry?.data);
  fill(region);
  findAll(region, 302);
  assert.equal(region.get(1), undefined);
});

onEveryMedium('the whole stream, merged in timestamp order over many regions', async (_t, place) => {
  let stream = await place.open();
  const regions = Array.from({ length: 30 }, () => stream.allocateSync('16KiB'));
  for (let index = 0; index < 3000; index += 1) {
    regions[(index * index + (index >> 3)) % 29]?.appendSync(`${index}`, { until: 'committed' });
  }
  for (const reopened of [false, true]) {
    if (reopened) {
      await stream.close();
      stream = await place.open();
    }
    const all = Array.from({ length: 3000 }, (_, index) => `${index}`);
    assert.deepEqual(texts(stream.entries()), all);
    assert.deepEqual(texts(stream.entries({ from: 1501 })), all.slice(1500));
    assert.deepEqual(texts(stream.entries({ from: 3001 })), []);
    assert.deepEqual(texts(stream.entries({ reverse: true })), all.toReversed());
    assert.deepEqual(texts(stream.entries({ reverse: true, from: 100 })), all.slice(0, 100).toReversed());
    for (const entry of stream.entries())
      assert.equal(entry.region.get(entry.timestamp)?.text(), entry.text());
  }
});

onEveryMedium("until: 'persisted' stops where the stream is persisted", async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('16KiB');
  for (let index = 0; index < 100; index += 1) {
    region.appendSync(`${index}`, { until: 'committed' });
    const { persisted } = stream;
    const seen = timestamps(region.entries({ until: 'persisted' }));
    assert.deepEqual(
      seen,
      Array.from({ length: persisted }, (_, at) => at + 1),
    );
  }
  stream.persistSync();
  assert.equal(stream.persisted, 100);
  assert.equal(timestamps(region.entries({ until: 'persisted' })).length, 100);
  assert.equal(timestamps(region.entries({ until: 'committed' })).length, 100);
  assert.deepEqual(timestamps(region.entries({ until: 'persisted', reverse: true, from: 3 })), [3, 2, 1]);
});

onEveryMedium('a walk sees everything committed when it gets there', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const other = await stream.allocate('64KiB');
  for (const text of ['a', 'b']) region.appendSync(text);
  const seen: string[] = [];
  for (const entry of region) {
    seen.push(entry.text());
    if (seen.length <= 3) region.appendSync(`after ${entry.text()}`);
  }
  assert.deepEqual(seen, ['a', 'b', 'after a', 'after b', 'after after a']);
  const merged: string[] = [];
  for (const entry of stream.entries()) {
    merged.push(entry.text());
    if (merged.length === 1) other.appendSync('appended elsewhere on the way');
  }
  assert.deepEqual(merged, [...seen, 'appended elsewhere on the way']);
});

test('an open slot hides what is reserved behind it from every way of reading', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('16KiB');
  region.appendSync('seen');
  const slot = region.reserve(10);
  const behind = region.append('behind');
  assert.deepEqual(texts(region), ['seen']);
  assert.deepEqual(texts(region.entries({ reverse: true })), ['seen']);
  assert.deepEqual(texts(stream.entries()), ['seen']);
  assert.equal(region.get(2), undefined);
  slot.cancel();
  await behind;
  assert.deepEqual(texts(region.entries({ reverse: true })), ['behind', 'seen']);
  assert.equal(region.get(2)?.text(), 'behind');
});

onEveryMedium(
  'a cursor shows every entry without making objects of them, and goes on at the end',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('128KiB');
    const expected = Array.from({ length: 500 }, (_, index) => pattern(index % 97, index));
    for (const bytes of expected) region.appendSync(bytes, { until: 'committed' });
    const cursor = region.cursor();
    let last = -1;
    for (const [index, bytes] of expected.entries()) {
      assert.equal(cursor.next(), true);
      assert.deepEqual([cursor.timestamp, cursor.size], [index + 1, bytes.byteLength]);
      assert.ok(Buffer.compare(cursor.data, bytes) === 0);
      assert.ok(cursor.offset > last && cursor.offset % 8 === 0 && cursor.offset < region.size);
      last = cursor.offset;
    }
    assert.equal(cursor.next(), false);
    assert.equal(cursor.next(), false);
    region.appendSync('more');
    assert.equal(cursor.next(), true);
    assert.equal(Buffer.from(cursor.data).toString(), 'more');
    assert.equal(cursor.next(), false);
  },
);

onEveryMedium('an empty region and a stream without regions hold nothing', async (_t, place) => {
  const stream = await place.open();
  assert.deepEqual(texts(stream.entries()), []);
  const region = await stream.allocate(4096);
  assert.deepEqual(
    [texts(region), texts(region.entries({ reverse: true })), texts(stream.entries())],
    [[], [], []],
  );
  assert.deepEqual(texts(region.entries({ from: 5 })), []);
  assert.equal(region.get(1), undefined);
  assert.equal(region.cursor().next(), false);
});

test('several walks over one region do not disturb each other', (t) => {
  const region = memoryStream(t).allocateSync('16KiB');
  for (const text of ['a', 'b', 'c']) region.appendSync(text);
  const pairs: string[] = [];
  for (const left of region)
    for (const right of region.entries({ reverse: true })) pairs.push(left.text() + right.text());
  assert.deepEqual(pairs, ['ac', 'ab', 'aa', 'bc', 'bb', 'ba', 'cc', 'cb', 'ca']);
});

test('a walk may be left early', (t) => {
  const region = memoryStream(t).allocateSync('16KiB');
  for (const text of ['a', 'b', 'c']) region.appendSync(text);
  for (const entry of region) {
    assert.equal(entry.text(), 'a');
    break;
  }
  const [first] = region;
  assert.equal(first?.text(), 'a');
  region.appendSync('d');
  assert.deepEqual(texts(region), ['a', 'b', 'c', 'd']);
});

test('wrong places to start from are errors', (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('16KiB');
  region.appendSync('x');
  for (const from of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, '1', 1n, null] as number[]) {
    fails('VARVE_ARGUMENT', () => [...region.entries({ from })]);
    fails('VARVE_ARGUMENT', () => [...stream.entries({ from })]);
    fails('VARVE_ARGUMENT', () => region.get(from));
  }
  fails('VARVE_ARGUMENT', () => [...region.entries({ until: 'tomorrow' as 'persisted' })]);
});

test('after clear the old entries are gone from every way of reading', (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync(4096);
  region.appendSync('old');
  const old = region.get(1);
  const walk = region.entries();
  region.clearSync();
  region.appendSync('new');
  assert.deepEqual(texts(region), ['new']);
  assert.equal(region.get(1), undefined);
  assert.deepEqual(texts(stream.entries()), ['new']);
  assert.deepEqual(texts(region.entries({ reverse: true })), ['new']);
  onlyOldOrFreed(() => old?.text() ?? '');
  onlyOldOrFreed(() => texts(walk).join());
});

/** Readers during clear get right data or an error that says so. */
function onlyOldOrFreed(read: () => string): void {
  try {
    assert.ok(['old', 'new', ''].includes(read()));
  } catch (error) {
    fails('VARVE_REGION_FREED', () => {
      throw error;
    });
  }
}

test('entries know their region', (t) => {
  const stream = memoryStream(t);
  const regions: Region[] = [stream.allocateSync(4096), stream.allocateSync(4096)];
  for (const region of regions) assert.equal(region.appendSync('x').region, region);
  assert.deepEqual(
    Array.from(stream.entries(), (entry) => entry.region),
    regions,
  );
});
