import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogOptions } from '../../src/index.js';
import { texts, timestamps } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium, placeOn } from '../helpers/media.js';

const SEGMENT = { segmentSize: 4096 } as const;

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${from + index}`);
}

onEveryMedium('a log goes on from segment to segment, and is read across them', async (t, place) => {
  const stream = await place.open();
  const log = await stream.log('orders', SEGMENT);
  const entries = numbers(0, 500).map((text) => log.appendSync(text));
  assert.ok([...log.segments()].length > 3);
  assert.deepEqual(texts(log), numbers(0, 500));
  assert.deepEqual(texts(log.entries({ reverse: true })), numbers(0, 500).reverse());
  assert.deepEqual(timestamps(log), timestamps(entries));
  const middle = entries[250];
  assert.ok(middle);
  assert.deepEqual(texts(log.entries({ from: middle.timestamp })), numbers(250, 500));
  assert.deepEqual(texts(log.entries({ from: middle.timestamp, reverse: true })), numbers(0, 251).reverse());
  assert.equal(log.get(middle.timestamp)?.text(), '250');
  assert.equal(log.entryCount, 500);
  assert.deepEqual([log.first, log.last], [entries[0]?.timestamp, entries.at(-1)?.timestamp]);
  assert.deepEqual(texts(stream.entries()), numbers(0, 500));
  if (place.kind === 'memory') return;
  await stream.close();
  const again = await place.open();
  assert.deepEqual(again.logs(), ['orders']);
  const reopened = await again.log('orders');
  assert.deepEqual(texts(reopened), numbers(0, 500));
  assert.equal(reopened.options.segmentSize, 4096);
  t.diagnostic(`${reopened.bytes}`);
});

onEveryMedium('a trim frees whole segments at once, and is exact within one', async (_, place) => {
  const stream = await place.open();
  const log = await stream.log('orders', SEGMENT);
  const entries = numbers(0, 500).map((text) => log.appendSync(text));
  const before = [...log.segments()].length;
  await log.trim({ before: entries[333]?.timestamp ?? 0 });
  assert.deepEqual(texts(log), numbers(333, 500));
  assert.deepEqual(texts(log.entries({ reverse: true })), numbers(333, 500).reverse());
  assert.deepEqual(texts(stream.entries()), numbers(333, 500));
  assert.deepEqual([log.first, log.entryCount], [entries[333]?.timestamp, 167]);
  assert.equal(log.get(entries[332]?.timestamp ?? 0), undefined);
  assert.ok([...log.segments()].length < before);
  log.trimSync({ before: (entries[499]?.timestamp ?? 0) + 1 });
  assert.deepEqual([texts(log), log.first, log.last, log.entryCount, log.bytes], [[], 0, 0, 0, 0]);
  log.appendSync('more');
  assert.deepEqual(texts(log), ['more']);
  if (place.kind === 'memory') return;
  await stream.close();
  const again = await place.open();
  assert.deepEqual(texts(await again.log('orders')), ['more']);
});

onEveryMedium(
  'truncateAfter takes entries from the end, over segments, and appends go on behind',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', SEGMENT);
    const entries = numbers(0, 500).map((text) => log.appendSync(text));
    const { available } = stream;
    await log.truncateAfter(entries[200]?.timestamp ?? 0);
    assert.ok(stream.available > available);
    assert.deepEqual(texts(log), numbers(0, 201));
    assert.deepEqual(texts(log.entries({ reverse: true })), numbers(0, 201).reverse());
    assert.deepEqual(texts(stream.entries()), numbers(0, 201));
    assert.equal(log.last, entries[200]?.timestamp);
    assert.equal(log.entryCount, 201);
    fails('VARVE_CONFLICT', () => log.appendSync('x', { expectedLast: entries[499]?.timestamp ?? 0 }));
    log.appendSync('next', { expectedLast: entries[200]?.timestamp ?? 0 });
    log.truncateAfterSync(entries[100]?.timestamp ?? 0);
    log.appendSync('other');
    assert.deepEqual(texts(log), [...numbers(0, 101), 'other']);
    if (place.kind !== 'memory') {
      await stream.close();
      const again = await place.open();
      const reopened = await again.log('orders');
      assert.deepEqual(texts(reopened), [...numbers(0, 101), 'other']);
      await reopened.truncateAfter(0);
      assert.deepEqual([texts(reopened), reopened.last, [...reopened.segments()].length], [[], 0, 0]);
      reopened.appendSync('anew', { expectedLast: 0 });
      assert.deepEqual(texts(reopened), ['anew']);
    }
  },
);

onEveryMedium(
  'what is appended while entries are taken from the end stays; who stands there goes on behind',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', SEGMENT);
    const entries = numbers(0, 400).map((text) => log.appendSync(text));
    const reading = log.entries({ from: entries[290]?.timestamp ?? 0 });
    const reverse = log.entries({ reverse: true });
    for (const each of [reading, reverse]) for (let i = 0; i < 20; i++) each.next();
    const cutting = log.truncateAfter(entries[200]?.timestamp ?? 0);
    log.appendSync('during');
    await Promise.all([cutting, log.append('beside')]);
    assert.deepEqual(texts(log), [...numbers(0, 201), 'during', 'beside']);
    assert.deepEqual(texts(reading), ['during', 'beside']);
    assert.deepEqual(texts(reverse), numbers(0, 201).reverse());
    const slot = log.reserve(10);
    await rejects('VARVE_BUSY', log.truncateAfter(entries[100]?.timestamp ?? 0));
    slot.cancel();
    assert.deepEqual(texts(log).at(-1), 'beside');
  },
);

test('appends and slots keep their order across a roll, whoever is published first', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  const first = log.reserve(3000);
  const second = log.reserve(3000);
  const third = log.append('third');
  const fourth = log.reserve(3000);
  const fifth = log.append('fifth');
  fails('VARVE_BUSY', () => log.appendSync('busy'));
  const published = [fourth.publish(0), second.publish(2)];
  assert.deepEqual(texts(log), []);
  first.data.set(Buffer.from('one'));
  published.push(first.publish(3));
  const [slot4, slot2, slot1] = await Promise.all(published);
  const all = [slot1, slot2, await third, slot4, await fifth].map((entry) => entry?.timestamp ?? 0);
  assert.deepEqual(timestamps(log), all);
  assert.deepEqual(
    all,
    all.toSorted((a, b) => a - b),
  );
  assert.equal(slot1?.text(), 'one');
  log.appendSync('sixth');
});

test('an entry larger than a segment gets one of its size', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  log.appendSync('small');
  const large = log.appendSync(new Uint8Array(20_000).fill(7));
  log.appendSync('small');
  assert.deepEqual(
    Array.from(log, ({ size }) => size),
    [5, 20_000, 5],
  );
  assert.equal(large.data.length, 20_000);
  fails('VARVE_FULL', () => log.appendSync(new Uint8Array(2 ** 20)));
});

test('options are validated, kept, and changed by a later opening', async (t) => {
  const place = placeOn(t, 'file');
  const stream = await place.open();
  const [log, same] = await Promise.all([stream.log('a', SEGMENT), stream.log('a')]);
  assert.equal(log, same);
  assert.equal(stream.logSync('a'), log);
  await stream.log('a', { retain: { age: '2h', bytes: '1MiB', entries: 5 }, whenFull: 'wait' });
  const expected = {
    segmentSize: 4096,
    retain: { bytes: 2 ** 20, entries: 5, age: 7_200_000 },
    whenFull: 'wait',
  };
  assert.deepEqual(log.options, expected);
  await stream.close();
  const again = await place.open();
  assert.deepEqual((await again.log('a', { whenFull: 'reject' })).options, {
    ...expected,
    whenFull: 'reject',
  });
  const wrong = [
    { segmentSize: 0 },
    { segmentSize: 'x' },
    { retain: { age: 'x' } },
    { retain: { entries: 1.5 } },
    { whenFull: 'x' },
    { retain: 3 },
    3,
  ];
  for (const options of wrong) fails('VARVE_ARGUMENT', () => again.logSync('b', options as LogOptions));
  for (const name of ['', 'a\0b', 'x'.repeat(201), 3])
    await rejects('VARVE_ARGUMENT', again.log(name as string));
  assert.deepEqual(again.logs(), ['a']);
  await again.close();
  const reader = await place.open({ readOnly: true });
  await rejects('VARVE_NOT_FOUND', reader.log('b'));
  const read = await reader.log('a');
  await rejects('VARVE_READ_ONLY', read.append('x'));
  await rejects('VARVE_READ_ONLY', read.trim({ before: 1 }));
});

test('parts of logs are hidden from those who look for regions, and theirs to change', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync(4096, { name: 'mine' });
  const log = await stream.log('orders', SEGMENT);
  const { region: segment } = log.appendSync('one');
  assert.deepEqual([...stream.regions()], [region]);
  assert.equal(stream.region(segment.id), undefined);
  assert.equal(stream.region(segment.name ?? ''), undefined);
  fails('VARVE_ARGUMENT', () => stream.allocateSync(4096, { name: '\0s/orders/7' }));
  fails('VARVE_ARGUMENT', () => segment.appendSync('x'));
  fails('VARVE_ARGUMENT', () => segment.clearSync());
  await rejects('VARVE_ARGUMENT', segment.free());
  assert.deepEqual(texts(stream.entries()), ['one']);
  assert.equal((await stream.check()).ok, true);
});

test('free gives everything back, and the name', async (t) => {
  const stream = memoryStream(t);
  const { available } = stream;
  const log = await stream.log('orders', SEGMENT);
  for (const text of numbers(0, 500)) log.appendSync(text);
  await log.free();
  assert.equal(stream.available, available);
  assert.deepEqual(stream.logs(), []);
  fails('VARVE_REGION_FREED', () => log.appendSync('x'));
  fails('VARVE_REGION_FREED', () => log.first);
  const other = await stream.log('orders', SEGMENT);
  other.appendSync('anew');
  assert.deepEqual(texts(other), ['anew']);
});
