import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Region, Slot, Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

onEveryMedium('closing persists what was committed; a second close does nothing', async (_t, place) => {
  for (const sync of [false, true]) {
    const stream = await place.open();
    const region = stream.region('r') ?? (await stream.allocate('64KiB', { name: 'r' }));
    for (let index = 0; index < 50; index += 1) region.appendSync(`${sync} ${index}`, { until: 'committed' });
    const pending = region.append(`${sync} asynchronous`);
    if (sync) stream.closeSync();
    else await stream.close();
    assert.equal((await pending).size, `${sync} asynchronous`.length);
    assert.equal(stream.closed, true);
    await stream.close();
    stream.closeSync();
    await Promise.all([stream.close(), stream.close()]);
  }
  const again = await place.open();
  const expected = [false, true].flatMap((sync) => [
    ...Array.from({ length: 50 }, (_, index) => `${sync} ${index}`),
    `${sync} asynchronous`,
  ]);
  assert.deepEqual(texts(again.region('r') ?? []), expected);
});

test('two closings at once are one', async (t) => {
  const stream = memoryStream(t);
  stream.allocateSync(4096).appendSync('x');
  await Promise.all([stream.close(), stream.close(), stream[Symbol.asyncDispose]()]);
  stream[Symbol.dispose]();
});

onEveryMedium('using and await using close the stream', async (_t, place) => {
  const seen: Stream[] = [];
  {
    using stream = place.openSync();
    stream.allocateSync(4096, { name: 'a' }).appendSync('first');
    seen.push(stream);
  }
  {
    await using stream = await place.open();
    stream.region('a')?.appendSync('second');
    seen.push(stream);
  }
  assert.deepEqual(
    seen.map((stream) => stream.closed),
    [true, true],
  );
  assert.deepEqual(texts((await place.open()).region('a') ?? []), ['first', 'second']);
});

/** Reads and writes through a view of before: it may be detached or look at something harmless. */
function touch(view: Uint8Array): void {
  for (let index = 0; index < view.length; index += 1) {
    assert.ok((view[index] ?? 0) >= 0);
    view[index] = 0x58;
  }
}

/** Every call on objects of a closed stream, by its name. */
function callsAfter(stream: Stream, region: Region, slot: Slot): [string, () => unknown][] {
  return [
    ['allocateSync', () => stream.allocateSync(4096)],
    ['region by name', () => stream.region('a')],
    ['region by id', () => stream.region(1)],
    ['regions', () => [...stream.regions()]],
    ['persistSync', () => stream.persistSync()],
    ['stream.entries', () => [...stream.entries()]],
    ['clearSync', () => region.clearSync()],
    ['freeSync', () => region.freeSync()],
    ['appendSync', () => region.appendSync('x')],
    ['appendSync committed', () => region.appendSync('x', { until: 'committed' })],
    ['appendvSync', () => region.appendvSync(['x'])],
    ['reserve', () => region.reserve(8)],
    ['iterating', () => [...region]],
    ['entries', () => [...region.entries({ reverse: true })]],
    ['get', () => region.get(1)],
    ['cursor', () => region.cursor().next()],
    ['publishSync', () => slot.publishSync()],
  ];
}

/** The same for calls that return promises. */
function promisesAfter(stream: Stream, region: Region, slot: Slot): [string, () => Promise<unknown>][] {
  return [
    ['allocate', () => stream.allocate(4096)],
    ['whenCommitted', () => stream.whenCommitted(1)],
    ['whenPersisted', () => stream.whenPersisted(1)],
    ['persist', () => stream.persist()],
    ['check', () => stream.check()],
    ['stream.tail', async () => stream.tail()[Symbol.asyncIterator]().next()],
    ['clear', () => region.clear()],
    ['free', () => region.free()],
    ['append', () => region.append('x')],
    ['appendv', () => region.appendv(['x'])],
    ['region.tail', async () => region.tail()[Symbol.asyncIterator]().next()],
    ['publish', () => slot.publish()],
  ];
}

onEveryMedium('every other call after close: VARVE_CLOSED', async (t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB', { name: 'a' });
  const entry = region.appendSync('one');
  region.appendSync('two');
  const [walk, merged, cursor, slot] = [
    region.entries(),
    stream.entries(),
    region.cursor(),
    region.reserve(8),
  ];
  walk.next();
  merged.next();
  cursor.next();
  const { data } = entry;
  await stream.close();
  const calls: [string, () => unknown][] = [
    ...callsAfter(stream, region, slot),
    ['a walk begun before', () => walk.next()],
    ['a merged walk begun before', () => merged.next()],
    ['a cursor begun before', () => cursor.next()],
    ['entry.data', () => entry.data],
    ['entry.copy', () => entry.copy()],
    ['entry.text', () => entry.text()],
  ];
  for (const [name, call] of calls) {
    t.diagnostic(name);
    fails('VARVE_CLOSED', call);
  }
  for (const [name, call] of promisesAfter(stream, region, slot)) {
    t.diagnostic(name);
    await rejects('VARVE_CLOSED', call());
  }
  touch(data);
});

onEveryMedium(
  'views of before are harmless after closing, and cannot reach what comes later',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('64KiB', { name: 'a' });
    const views = Array.from({ length: 200 }, (_, index) => region.appendSync(`entry ${index}`).data);
    const slot = region.reserve(64);
    views.push(slot.data);
    await stream.close();
    const again = await place.open();
    const expected = Array.from({ length: 200 }, (_, index) => `entry ${index}`);
    assert.deepEqual(texts(again.region('a') ?? []), expected);
    if (place.kind !== 'memory') for (const view of views) touch(view);
    assert.deepEqual(texts(again.region('a') ?? []), expected);
    await again.close();
    assert.deepEqual(texts((await place.open()).region('a') ?? []), expected);
  },
);

test('a freed region: handle, walks, entries and slots say so', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB', { name: 'a' });
  const entry = region.appendSync('one');
  region.appendSync('two');
  const [walk, cursor] = [region.entries(), region.cursor()];
  walk.next();
  region.freeSync();
  const calls = [
    () => region.appendSync('x'),
    () => region.appendvSync(['x']),
    () => region.reserve(1),
    () => [...region],
    () => [...region.entries()],
    () => region.get(1),
    () => region.cursor().next(),
    () => region.clearSync(),
    () => region.freeSync(),
    () => walk.next(),
    () => cursor.next(),
    () => entry.data,
    () => entry.copy(),
    () => entry.text(),
  ];
  for (const call of calls) fails('VARVE_REGION_FREED', call);
  await rejects('VARVE_REGION_FREED', region.append('x'));
  await rejects('VARVE_REGION_FREED', region.appendv(['x']));
  await rejects('VARVE_REGION_FREED', region.clear());
  await rejects('VARVE_REGION_FREED', region.free());
  await rejects('VARVE_REGION_FREED', (async () => region.tail()[Symbol.asyncIterator]().next())());
  assert.deepEqual(texts(stream.entries()), []);
  assert.equal(stream.region('a'), undefined);
});
