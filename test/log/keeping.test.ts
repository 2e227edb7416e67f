import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Gap, type Log, VarveError } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

const SEGMENT = { segmentSize: 4096 } as const;

function appendAll(log: Log, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => log.appendSync(`${from + index}`).timestamp);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${from + index}`);
}

/** Waits for what the background does. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await delay(10);
  assert.ok(condition());
}

test('who reads where entries were trimmed is told of the gap, skips it, or fails', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync(4096);
  const log = await stream.log('orders', SEGMENT);
  const all = appendAll(log, 0, 500);
  const at = (index: number) => all[index] ?? 0;
  const gaps: Gap[] = [];
  const follower = log.tail({ onGap: (gap) => gaps.push(gap) });
  const failing = log.entries();
  const skipping = log.entries({ from: at(5), onGap: 'skip' });
  for (let i = 0; i < 10; i++) {
    await follower.next();
    failing.next();
    skipping.next();
  }
  region.appendSync('between');
  await log.trim({ before: at(300) });
  assert.equal((await follower.next()).value?.text(), '300');
  assert.deepEqual(gaps, [{ from: at(9) + 1, to: at(299) }]);
  assert.equal(skipping.next().value.text(), '300');
  assert.throws(
    () => failing.next(),
    (error) => error instanceof VarveError && error.code === 'VARVE_TRIMMED' && error.gap?.from === at(9) + 1,
  );
  assert.equal(failing.next().value.text(), '300');
  fails('VARVE_TRIMMED', () => log.entries({ from: at(299) }).next());
  assert.equal(
    log
      .entries({ from: at(300) })
      .next()
      .value.text(),
    '300',
  );
  assert.equal(log.entries().next().value.text(), '300');
  fails('VARVE_ARGUMENT', () => log.entries({ onGap: 'x' as 'skip' }));
  await follower.return();
});

test('who has read up to where a trim ends has missed nothing', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', SEGMENT);
  const [first = 0, second = 0] = appendAll(log, 0, 2);
  const reading = log.entries();
  reading.next();
  stream.allocateSync(4096).appendSync('elsewhere');
  await log.trim({ before: second });
  assert.equal(reading.next().value.text(), '1');
  appendAll(log, 2, 3);
  await log.trim({ before: second + 1 });
  assert.equal(reading.next().value.text(), '2');
  assert.ok(first < second);
});

test('retention keeps so many entries, exactly, and so many bytes', async (t) => {
  const stream = memoryStream(t);
  const byEntries = await stream.log('entries', { ...SEGMENT, retain: { entries: 100 } });
  const byBytes = await stream.log('bytes', { ...SEGMENT, retain: { bytes: 10_000 } });
  appendAll(byEntries, 0, 500);
  appendAll(byBytes, 0, 1000);
  await until(() => byEntries.entryCount === 100 && byBytes.bytes <= 10_000);
  assert.deepEqual(texts(byEntries), numbers(400, 500));
  // 16 bytes before each entry, 8 of time, 8 of payload.
  const count = Math.floor(10_000 / 32);
  assert.ok(Math.abs(byBytes.entryCount - count) <= 2, `${byBytes.entryCount}`);
  assert.deepEqual(texts(byBytes), numbers(1000 - byBytes.entryCount, 1000));
});

test('retention keeps entries as long as they are young', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', { ...SEGMENT, retain: { age: '50ms' } });
  appendAll(log, 0, 200);
  await until(() => log.entryCount === 0);
  appendAll(log, 200, 201);
  assert.deepEqual(texts(log), ['200']);
});

test('a log that rejects says so when its stream is full, and takes entries again after a trim', async (t) => {
  const stream = memoryStream(t, '64KiB');
  const log = await stream.log('orders', SEGMENT);
  const all: number[] = [];
  fails('VARVE_FULL', () => {
    for (;;) all.push(log.appendSync('x').timestamp);
  });
  await rejects('VARVE_FULL', log.append('x'));
  fails('VARVE_FULL', () => log.reserve(10));
  assert.equal(log.entryCount, all.length);
  await log.trim({ before: all[200] ?? 0 });
  log.appendSync('more');
  assert.equal(log.last, stream.committed);
});

test('a log that waits takes entries in order when there is room', async (t) => {
  const stream = memoryStream(t, '64KiB');
  const other = stream.allocateSync(8192);
  const log = await stream.log('orders', { ...SEGMENT, whenFull: 'wait' });
  const all: number[] = [];
  fails('VARVE_FULL', () => {
    for (;;) all.push(log.appendSync('x').timestamp);
  });
  const order: number[] = [];
  const bytes = new Uint8Array([65]);
  const waiting = [3000, 1, 2].map(async (size, index) => {
    await log.appendv([bytes, 'x'.repeat(size)]);
    order.push(index);
  });
  bytes[0] = 66;
  fails('VARVE_FULL', () => log.appendSync('y'));
  await delay(0);
  assert.deepEqual(order, []);
  other.freeSync();
  await Promise.all(waiting);
  assert.deepEqual(order, [0, 1, 2]);
  assert.deepEqual(
    Array.from(log.entries({ from: (all.at(-1) ?? 0) + 1 }), (entry) => entry.text().slice(0, 2)),
    ['Ax', 'Ax', 'Ax'],
  );
  fails('VARVE_FULL', () => appendAll(log, 0, 10_000));
  const closed = log.append('z');
  const settled = rejects('VARVE_CLOSED', closed);
  await stream.close();
  await settled;
});

onEveryMedium(
  'a log that discards the oldest goes on for ever, with whole segments of the newest',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', { segmentSize: 4096, whenFull: 'discard-oldest' });
    appendAll(log, 0, 3000);
    assert.ok(log.entryCount < 3000);
    assert.deepEqual(texts(log), numbers(3000 - log.entryCount, 3000));
    assert.equal((await stream.check()).ok, true);
  },
  '64KiB',
);

test('what somebody needs is not trimmed', async (t) => {
  const stream = memoryStream(t, '64KiB');
  const log = await stream.log('orders', { segmentSize: 4096, whenFull: 'discard-oldest' });
  const all = appendAll(log, 0, 200);
  log.core.slowest = () => all[100] ?? 0;
  await log.trim({ before: all[150] ?? 0 });
  assert.deepEqual(texts(log), numbers(100, 200));
  fails('VARVE_FULL', () => appendAll(log, 200, 10_000));
  assert.equal(log.first, all[100]);
});
