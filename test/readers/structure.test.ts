import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { type SharedBytes, SharedMedium, type Sight } from './shared-medium.js';

function bothSights(title: string, body: (shared: SharedBytes) => void): void {
  for (const sight of ['mapped', 'copied'] as const satisfies readonly Sight[]) {
    test(`${title} (${sight})`, () => {
      body({ bytes: new Uint8Array(256 * 1024), sight, published: false });
    });
  }
}

function open(shared: SharedBytes, readOnly: boolean): Stream {
  return Stream.openSync(new SharedMedium(shared, readOnly), {
    readOnly,
    ...(shared.published ? {} : { blockSize: 256 }),
  });
}

bothSights('a reader finds regions allocated after it was opened, by name, id and in turn', (shared) => {
  const writer = open(shared, false);
  writer.allocateSync(1024, { name: 'first' });
  const reader = open(shared, true);
  const added = writer.allocateSync(2048, { name: 'second' });
  added.appendSync('hello');
  assert.deepEqual(
    Array.from(reader.regions(), ({ name }) => name),
    ['first', 'second'],
  );
  assert.equal(reader.region(added.id)?.name, 'second');
  const seen = reader.region('second');
  assert.ok(seen !== undefined);
  assert.deepEqual(texts(seen), ['hello']);
  assert.equal(reader.available, writer.available);
});

bothSights(
  'a cleared region goes on under the same handle; what is left of its last life throws',
  (shared) => {
    const writer = open(shared, false);
    const written = writer.allocateSync(1024, { name: 'log' });
    written.appendSync('old');
    const reader = open(shared, true);
    const region = reader.region('log');
    assert.ok(region !== undefined);
    const [entry] = region;
    assert.ok(entry !== undefined);
    const iterator = region.entries();
    const cursor = region.cursor();
    assert.ok(cursor.next());
    written.clearSync();
    assert.ok(reader.region('log') === region);
    for (const read of [
      () => entry.data,
      () => entry.text(),
      () => iterator.next(),
      () => cursor.next(),
      () => cursor.entry,
    ])
      fails('VARVE_REGION_FREED', read);
    assert.deepEqual(texts(region), []);
    written.appendSync('new');
    assert.deepEqual(texts(region), ['new']);
    assert.equal(region.entryCount, 1);
  },
);

bothSights("a freed region throws; its space and its name are another one's", (shared) => {
  const writer = open(shared, false);
  const written = writer.allocateSync(1024, { name: 'log' });
  written.appendSync('old');
  const reader = open(shared, true);
  const region = reader.region('log');
  assert.ok(region !== undefined);
  const [entry] = region;
  written.freeSync();
  writer.allocateSync(1024, { name: 'log' }).appendSync('young');
  const next = reader.region('log');
  assert.ok(next !== undefined && next !== region);
  assert.deepEqual(texts(next), ['young']);
  for (const read of [() => entry?.text(), () => region.entries(), () => region.available])
    fails('VARVE_REGION_FREED', read);
  assert.equal(reader.available, writer.available);
});

bothSights('a reader follows into table extents that were added meanwhile', (shared) => {
  const writer = open(shared, false);
  const reader = open(shared, true);
  const ids = Array.from({ length: 60 }, (_, i) => writer.allocateSync(256, { name: `n${i}` }).id);
  assert.deepEqual(
    Array.from(reader.regions(), ({ id }) => id),
    ids,
  );
  for (const id of ids) if (id % 2 === 0) writer.region(id)?.freeSync();
  writer.allocateSync(256, { name: 'n1' });
  assert.deepEqual(
    Array.from(reader.regions(), ({ id }) => id),
    Array.from(writer.regions(), ({ id }) => id),
  );
  assert.equal(reader.available, writer.available);
});

/** A stream of 16 KiB on what has room for 256 KiB. */
function openGrowing(shared: SharedBytes): Stream {
  return Stream.openSync(new SharedMedium(shared, false), {
    blockSize: 256,
    size: '16KiB',
    maxSize: '256KiB',
  });
}

bothSights('a reader follows a stream that grows, and sees no more of it than there is', (shared) => {
  const writer = openGrowing(shared);
  const reader = open(shared, true);
  assert.deepEqual([reader.size, reader.available], [16 * 1024, 4 * 1024]);
  for (let i = 0; i < 6; i++) {
    writer.allocateSync('30KiB', { name: `${i}` }).appendSync(`${i}`);
    const region = reader.region(`${i}`);
    assert.ok(region !== undefined);
    assert.deepEqual(texts(region), [`${i}`]);
    assert.equal(reader.size, writer.size);
    assert.ok(reader.available < 30 * 1024);
  }
});

test('a stream that grows in the midst of a look at it is no damage', () => {
  for (const sight of ['mapped', 'copied'] as const) {
    for (let moment = 0; moment < 8; moment++) {
      const shared = { bytes: new Uint8Array(256 * 1024), sight, published: false };
      const writer = openGrowing(shared);
      const medium = new SharedMedium(shared, true);
      const reader = Stream.openSync(medium, { readOnly: true });
      let looks = 0;
      medium.onLook = () => {
        if (looks++ === moment) writer.allocateSync('30KiB', { name: 'late' }).appendSync('there');
      };
      reader.region('first');
      assert.ok(looks > 1);
      medium.onLook = undefined;
      if (looks <= moment) continue;
      assert.equal(Array.from(reader.regions()).length, 1, `${sight}, at look ${moment}`);
      assert.deepEqual(texts(reader.entries()), ['there']);
    }
  }
});
