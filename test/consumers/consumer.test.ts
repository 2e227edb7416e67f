import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Consumer, type Entry, type Log, type Region, Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { memoryStream, onEveryFile, onEveryMedium } from '../helpers/media.js';
import { refused, rest, take } from './reading.js';

const SEGMENT = { segmentSize: 4096 } as const;

function fill(log: Log, from: number, to: number): Entry[] {
  return Array.from({ length: to - from }, (_, i) => log.appendSync(`${from + i}`));
}

onEveryMedium(
  'a consumer sees each entry, goes on behind what it has acknowledged, and follows',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', SEGMENT);
    fill(log, 0, 300);
    const consumer = await log.consumer('billing');
    assert.deepEqual([consumer.position, consumer.lag], [0, 300]);
    const seen = await take(consumer, 10);
    assert.deepEqual(
      seen.map((entry) => entry.text()),
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    );
    await consumer.ack(seen[4] as Entry);
    assert.deepEqual([consumer.position, consumer.lag], [seen[4]?.timestamp, 295]);
    assert.equal((await take(consumer, 1))[0]?.text(), '5');
    await consumer.ack(seen[2] as Entry);
    assert.equal(consumer.position, seen[4]?.timestamp);
    consumer.ackSync(log.last);
    assert.deepEqual([consumer.lag, consumer.lagBytes], [0, 0]);
    const [late] = await Promise.all([take(consumer, 2), log.append('300').then(() => log.append('301'))]);
    assert.deepEqual(
      late.map((entry) => entry.text()),
      ['300', '301'],
    );
    assert.ok(consumer.lagBytes > 0);
    await consumer.close();
    await refused(consumer.ack(log.last), 'VARVE_CLOSED');
  },
);

onEveryFile('after reopening a consumer goes on, and others are independent of it', async (_, place) => {
  const stream = await place.open();
  const log = await stream.log('orders', SEGMENT);
  const entries = fill(log, 0, 500);
  const billing = await log.consumer('billing');
  await log.consumer('search', { from: 'last', protect: true });
  for (const entry of entries.slice(0, 400)) void billing.ack(entry);
  await billing.ack(entries[400] as Entry);
  await stream.close();
  const again = await (await place.open()).log('orders');
  assert.deepEqual(
    again.consumers().map(({ name, position, lag, protect }) => ({ name, position, lag, protect })),
    [
      { name: 'billing', position: entries[400]?.timestamp, lag: 99, protect: false },
      { name: 'search', position: entries[499]?.timestamp, lag: 0, protect: true },
    ],
  );
  await using consumer = await again.consumer('billing');
  assert.deepEqual(
    (await rest(consumer, 99)).map((entry) => entry.text()),
    entries.slice(401).map((_, i) => `${i + 401}`),
  );
});

test('a position is moved to a place of any kind, also while a loop waits', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  const entries = fill(log, 0, 300);
  const other = stream.allocateSync('4KiB');
  other.appendSync('between');
  const consumer = log.consumerSync('billing', { from: 'last' });
  const waiting = take(consumer, 3);
  await consumer.seek({ timestamp: entries[200]?.timestamp ?? 0 });
  assert.deepEqual(
    (await waiting).map((entry) => entry.text()),
    ['200', '201', '202'],
  );
  assert.equal(consumer.lag, 100);
  await consumer.seek('first');
  assert.deepEqual([consumer.position, consumer.lag], [0, 300]);
  await consumer.seek('last');
  assert.deepEqual([consumer.position, consumer.lag], [log.last, 0]);
  consumer.seekSync({ time: entries[0]?.time ?? 0 });
  assert.equal(consumer.lag, 300);
  await consumer.seek({ time: new Date(Date.now() + 3_600_000) });
  assert.equal(consumer.lag, 0);
  await refused(consumer.seek('middle' as 'first'), TypeError);
  await refused(consumer.seek({ timestamp: -1 }), RangeError);
  await refused(consumer.seek({ time: Number.NaN }), RangeError);
});

test('a consumer acknowledges entries of its log, and nothing that is yet to come', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  const region: Region = await stream.allocate('4KiB');
  const stranger = await (await stream.log('stock', SEGMENT)).append('x');
  fill(log, 0, 3);
  const consumer = await log.consumer('billing');
  await refused(consumer.ack(log.last + 1), RangeError, /last entry/);
  await refused(consumer.ack(region.appendSync('x')), TypeError, /none of the log/);
  await refused(consumer.ack(stranger), TypeError);
  await refused(consumer.ack('1' as unknown as number), TypeError);
  assert.equal(consumer.position, 0);
});

test('a consumer is open once at a time, and its loops are one at a time', async (t) => {
  const log = await memoryStream(t).log('orders', SEGMENT);
  fill(log, 0, 3);
  const opening = log.consumer('billing');
  await refused(log.consumer('billing'), 'VARVE_BUSY');
  const consumer: Consumer = await opening;
  await refused(log.consumer('billing'), 'VARVE_BUSY', /is open here/);
  await refused(log.removeConsumer('billing'), 'VARVE_BUSY');
  const first = consumer[Symbol.asyncIterator]();
  assert.equal((await first.next()).value?.text(), '0');
  const second = consumer[Symbol.asyncIterator]();
  assert.equal((await second.next()).value?.text(), '0');
  assert.equal((await first.next()).done, true);
  await consumer.close();
  assert.equal((await second.next()).done, true);
  await consumer.close();
  assert.ok(await log.removeConsumer('billing'));
  assert.ok(!log.removeConsumerSync('billing'));
  assert.deepEqual(log.consumers(), []);
  assert.equal(log.consumerSync('billing').position, 0);
});

test('a loop ends quietly by a signal and by close, and loudly when the stream is closed', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  const abort = new AbortController();
  const waiting = rest(await log.consumer('a', { signal: abort.signal }), 1);
  const closing = await log.consumer('b');
  const closed = rest(closing, 1);
  const lost = rest(await log.consumer('c'), 1);
  abort.abort();
  await closing.close();
  assert.deepEqual([await waiting, await closed], [[], []]);
  const failed = refused(lost, 'VARVE_CLOSED');
  await stream.close();
  await failed;
});

test('names and options are checked', async (t) => {
  const log = await memoryStream(t).log('orders', SEGMENT);
  for (const name of ['', 'a'.repeat(201), '\0a', '\ud800']) await refused(log.consumer(name), RangeError);
  await refused(log.consumer(7 as unknown as string), TypeError);
  await refused(log.consumer('a', { protect: 1 as unknown as boolean }), TypeError);
  await refused(log.consumer('a', { onGap: 'no' as 'skip' }), TypeError);
  await refused(log.consumer('a', { from: 3 as unknown as 'first' }), TypeError);
  await refused(log.consumer('a', { signal: 3 as unknown as AbortSignal }), TypeError);
  assert.deepEqual(log.consumers(), []);
});

test('a consumer that was removed elsewhere says so', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  fill(log, 0, 3);
  const consumer = await log.consumer('billing');
  await log.free();
  await refused(consumer.ack(1), 'VARVE_REGION_FREED');
  assert.deepEqual(stream.logs(), []);
});

test('nothing is trimmed that a protected consumer has not acknowledged', async (t) => {
  const log = await memoryStream(t).log('orders', { ...SEGMENT, retain: { entries: 10 } });
  const consumer = await log.consumer('billing', { protect: true });
  assert.ok(consumer.protect);
  const entries = fill(log, 0, 300);
  await log.trim({ before: log.last });
  assert.equal(log.entryCount, 300);
  await consumer.ack(entries[99] as Entry);
  await log.trim({ before: log.last });
  assert.deepEqual([log.entryCount, log.first], [200, entries[100]?.timestamp]);
  await consumer.close();
  await log.consumer('billing', { protect: false });
  await log.trim({ before: log.last });
  assert.equal(log.entryCount, 1);
});

test('a consumer that comes to trimmed entries says which, or goes on as it was told', async (t) => {
  const log = await memoryStream(t).log('orders', SEGMENT);
  const entries = fill(log, 0, 300);
  const gaps: object[] = [];
  const loud = await log.consumer('loud');
  const quiet = await log.consumer('quiet', { onGap: 'skip' });
  const told = await log.consumer('told', { onGap: (gap) => gaps.push(gap) });
  for (const each of [loud, quiet, told]) await each.ack(entries[9] as Entry);
  await log.trim({ before: entries[200]?.timestamp ?? 0 });
  const gap = { from: (entries[9]?.timestamp ?? 0) + 1, to: log.first - 1 };
  await assert.rejects(rest(loud, 1), { code: 'VARVE_TRIMMED', gap });
  await assert.rejects(rest(loud, 1), { code: 'VARVE_TRIMMED' });
  assert.equal((await take(quiet, 1))[0]?.text(), '200');
  assert.equal((await take(told, 1))[0]?.text(), '200');
  assert.deepEqual(gaps, [gap]);
  await loud.ack(gap.to);
  assert.equal((await take(loud, 1))[0]?.text(), '200');
  assert.equal(loud.lag, 100);
  const late = await log.consumer('late');
  assert.equal((await take(late, 1))[0]?.text(), '200');
});

test('acknowledging, seeking and trimming need no room in the stream', async (t) => {
  const stream = memoryStream(t, '128KiB');
  const log = await stream.log('orders', SEGMENT);
  const consumer = await log.consumer('billing', { protect: true });
  const entries: Entry[] = [];
  assert.throws(
    () => {
      for (;;) entries.push(log.appendSync('x'.repeat(100)));
    },
    { code: 'VARVE_FULL' },
  );
  for (const entry of entries) await consumer.ack(entry);
  await consumer.seek('first');
  for (const entry of entries) consumer.ackSync(entry);
  assert.equal(consumer.lag, 0);
  await log.trim({ before: log.last });
  log.appendSync('there is room again');
  assert.equal((await take(consumer, 1))[0]?.text(), 'there is room again');
});

test('acknowledgements and appends that are under way together share their syncs', async (t) => {
  const medium = new SimulatedMedium('1MiB', { slow: true });
  const stream = await Stream.open(medium);
  t.after(() => stream.close());
  const log = await stream.log('orders', { segmentSize: '64KiB' });
  const consumer = await log.consumer('billing');
  const entries = await Promise.all(Array.from({ length: 50 }, (_, i) => log.append(`${i}`)));
  let drains = 0;
  medium.onDrain = (moment) => {
    if (moment === 'after drain') drains++;
  };
  await Promise.all(entries.flatMap((entry) => [consumer.ack(entry), log.append('more')]));
  assert.ok(drains <= 3, `${drains} drains`);
});
