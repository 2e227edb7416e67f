import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Region } from '../../src/index.js';
import { assertPayloads, pattern, stateOf, texts, utf8 } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

function fill(region: Region, text: string, spare = 0): ReturnType<Region['reserve']> {
  const bytes = utf8(text);
  const slot = region.reserve(bytes.byteLength + spare);
  slot.data.set(bytes);
  return slot;
}

onEveryMedium('a slot is written into directly and published whole or smaller', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const slot = region.reserve(100);
  assert.equal(slot.data.byteLength, 100);
  slot.data.set(pattern(100, 1));
  assert.deepEqual(texts(region), []);
  assert.equal(stream.committed, 0);
  const entry = slot.publishSync(90);
  assert.deepEqual([entry.timestamp, entry.size], [1, 90]);
  assert.equal((await fill(region, 'whole').publish()).text(), 'whole');
  assert.equal((await fill(region, 'smaller', 50).publish(7)).text(), 'smaller');
  assert.equal(fill(region, 'committed').publishSync(9, { until: 'committed' }).text(), 'committed');
  assert.equal((await fill(region, 'later').publish(5, { until: 'committed' })).text(), 'later');
  assert.equal(region.reserve(40).publishSync(0).size, 0);
  assert.equal(region.reserve(0).publishSync().size, 0);
  region.appendSync('behind');
  const expected = [
    pattern(100, 1).subarray(0, 90),
    ...['whole', 'smaller', 'committed', 'later', '', '', 'behind'].map(utf8),
  ];
  assertPayloads(region, expected);
  const { id } = region;
  await stream.close();
  assertPayloads((await place.open()).region(id) ?? [], expected);
});

onEveryMedium('growth is refused, and the slot stays as it was', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const slot = fill(region, 'eight by');
  for (const size of [9, 16, 100, 2 ** 32, -1, 1.5, Number.NaN, '4' as unknown as number]) {
    fails('VARVE_ARGUMENT', () => slot.publishSync(size));
    await rejects('VARVE_ARGUMENT', slot.publish(size));
  }
  slot.publishSync();
  region.appendSync('next');
  assert.deepEqual(texts(region), ['eight by', 'next']);
});

onEveryMedium('a cancelled slot leaves no entry and blocks nobody', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate(4096);
  const { available } = region;
  fill(region, 'never').cancel();
  assert.equal(region.available, available);
  region.appendSync('one');
  const open = fill(region, 'never either');
  const behind = region.append('two');
  open.cancel();
  assert.equal((await behind).timestamp, 2);
  {
    using slot = fill(region, 'left by its block');
    assert.equal(slot.data.byteLength, 17);
  }
  {
    using slot = fill(region, 'published in its block');
    slot.publishSync();
  }
  const expected = ['one', 'two', 'published in its block'];
  assert.deepEqual(texts(region), expected);
  const { id } = region;
  await stream.close();
  assert.deepEqual(texts((await place.open()).region(id) ?? []), expected);
});

onEveryMedium(
  'several slots are open at once; entries stand in the order in which they were reserved',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('64KiB');
    const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map((text) => fill(region, text.repeat(20), 30));
    assert.ok(a && b && c && d && e);
    const third = c.publish(20);
    const second = b.publish(15, { until: 'committed' });
    const tail = region.append('tail');
    assert.equal(await stateOf(Promise.race([second, third, tail])), 'pending');
    assert.equal(stream.committed, 0);
    assert.deepEqual(texts(region), []);
    assert.equal(a.publishSync(20).timestamp, 1);
    assert.deepEqual([(await second).timestamp, (await third).timestamp], [2, 3]);
    assert.deepEqual(texts(region), ['a'.repeat(20), 'b'.repeat(15), 'c'.repeat(20)]);
    assert.equal(await stateOf(tail), 'pending');
    e.cancel();
    assert.equal(await stateOf(tail), 'pending');
    d.cancel();
    assert.equal((await tail).timestamp, 4);
    const expected = ['a'.repeat(20), 'b'.repeat(15), 'c'.repeat(20), 'tail'];
    assert.deepEqual(texts(region), expected);
    const { id } = region;
    await stream.close();
    assert.deepEqual(texts((await place.open()).region(id) ?? []), expected);
  },
);

test('an open slot holds up only its own region', async (t) => {
  const stream = memoryStream(t);
  const [held, free] = [stream.allocateSync('16KiB'), stream.allocateSync('16KiB')];
  const slot = fill(held, 'later');
  assert.equal(free.appendSync('first').timestamp, 1);
  assert.equal((await free.append('second')).timestamp, 2);
  await stream.persist();
  stream.persistSync();
  assert.equal(stream.persisted, 2);
  assert.equal(slot.publishSync().timestamp, 3);
  assert.deepEqual(texts(stream.entries()), ['first', 'second', 'later']);
});

onEveryMedium(
  'a blocking call that only its own thread could set free: VARVE_BUSY, and nothing changed',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('16KiB');
    const first = fill(region, 'first');
    const second = fill(region, 'second');
    const { available } = region;
    fails('VARVE_BUSY', () => region.appendSync('never'));
    fails('VARVE_BUSY', () => region.appendSync('never', { until: 'committed' }));
    fails('VARVE_BUSY', () => region.appendvSync(['ne', 'ver']));
    fails('VARVE_BUSY', () => second.publishSync());
    assert.equal(region.available, available);
    first.publishSync();
    second.publishSync();
    region.appendSync('third');
    assert.deepEqual(texts(region), ['first', 'second', 'third']);
  },
);

onEveryMedium('closing cancels the open slots', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('16KiB');
  await region.append('before');
  const slot = fill(region, 'never');
  const behind = region.append('behind');
  const outcome = behind.then(
    (entry) => entry.timestamp,
    () => undefined,
  );
  await stream.close();
  fails('VARVE_CLOSED', () => slot.publishSync());
  await rejects('VARVE_CLOSED', slot.publish());
  slot.cancel();
  const acknowledged = await outcome;
  const { id } = region;
  const found = texts((await place.open()).region(id) ?? []);
  if (acknowledged === undefined) assert.deepEqual(found.slice(0, 1), ['before']);
  else assert.deepEqual(found, ['before', 'behind']);
  assert.ok(!found.includes('never'));
});

test('a slot is published once; cancelling afterwards does nothing', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('16KiB');
  const slot = fill(region, 'once');
  slot.publishSync();
  slot.cancel();
  slot[Symbol.dispose]();
  fails('VARVE_CLOSED|VARVE_ARGUMENT', () => slot.publishSync());
  await rejects('VARVE_CLOSED|VARVE_ARGUMENT', slot.publish());
  const cancelled = fill(region, 'never');
  cancelled.cancel();
  cancelled.cancel();
  fails('VARVE_CLOSED|VARVE_ARGUMENT', () => cancelled.publishSync());
  assert.deepEqual(texts(region), ['once']);
});

test('reserve takes whole sizes only', (t) => {
  const region = memoryStream(t).allocateSync('16KiB');
  for (const size of [-1, 1.5, Number.NaN, Infinity, 2 ** 53, '8', 8n, undefined, null, {}]) {
    fails('VARVE_ARGUMENT', () => region.reserve(size as number));
  }
  fails('VARVE_FULL', () => region.reserve(2 ** 32));
  region.appendSync('still fine');
  assert.deepEqual(texts(region), ['still fine']);
});

test('a slot of the whole region can be filled exactly', (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync(4096);
  const next = stream.allocateSync(4096);
  next.appendSync('untouched');
  const bytes = pattern(region.available, 3);
  const slot = region.reserve(region.available);
  slot.data.set(bytes);
  slot.publishSync();
  assertPayloads(region, [bytes]);
  assert.deepEqual(texts(next), ['untouched']);
});

test('the space that a smaller publication leaves is given back where nothing stands behind it', (t) => {
  const region = memoryStream(t).allocateSync(4096);
  region.reserve(4000).publishSync(8);
  assert.equal(region.available, 4096 - 24 - 16);
});
