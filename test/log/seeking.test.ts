import assert from 'node:assert/strict';
import { test } from 'node:test';
import { texts } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { bytesReadBy } from '../helpers/io-count.js';
import { memoryStream, placeOn } from '../helpers/media.js';

const SEGMENT = { segmentSize: 4096 } as const;
/** A segment that is looked at may be read twice: for what it begins with, and for the entry itself. */
const LOOKS = 2 * (Math.log2(1024) + 3);

test('entries of a log say when they were appended, and are found by that', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const stream = memoryStream(t);
  assert.equal(stream.allocateSync(4096).appendSync('no time').time, undefined);
  const log = await stream.log('orders', SEGMENT);
  for (let index = 0; index < 500; index++) {
    assert.equal(log.appendSync(`${index}`).time, 1_000_000 + 10 * index);
    t.mock.timers.setTime(1_000_000 + 10 * (index + 1));
  }
  const from = (time: number | Date) => [...log.entries({ time })].map(({ time: at }) => at)[0];
  assert.equal(from(1_002_345), 1_002_350);
  assert.equal(from(1_002_350), 1_002_350);
  assert.equal(from(new Date(1_002_350)), 1_002_350);
  assert.equal(from(0), 1_000_000);
  assert.equal(from(2_000_000), undefined);
  assert.equal(log.entries({ time: 1_002_345, reverse: true }).next().value.time, 1_002_340);
  assert.deepEqual(texts(log.entries({ time: 999_999, reverse: true })), []);
  const following = log.tail({ time: 2_000_000 });
  const next = following.next();
  log.appendSync('later');
  assert.equal((await next).value?.text(), 'later');
  await following.return();
  await log.trim({ before: log.entries({ time: 1_003_000 }).next().value.timestamp });
  assert.equal(from(1_002_345), 1_003_000);
  // A clock that is set back does not make the log go back.
  t.mock.timers.setTime(5);
  assert.equal(log.appendSync('set back').time, 1_005_000);
  fails('VARVE_ARGUMENT', () => log.entries({ time: 1, from: 1 }));
  fails('VARVE_ARGUMENT', () => log.entries({ time: 'x' as unknown as Date }));
  fails('VARVE_ARGUMENT', () => log.entries({ time: new Date('x') }));
});

test('an entry is found among a thousand segments without reading them', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const place = placeOn(t, 'file', '8MiB');
  const stream = await place.open();
  const log = await stream.log('orders', SEGMENT);
  const times: [timestamp: number, time: number][] = [];
  while (times.length < 125_000) {
    const { timestamp, time = 0 } = log.appendSync('x', { until: 'committed' });
    times.push([timestamp, time]);
    t.mock.timers.setTime(time + 1);
  }
  assert.ok([...log.segments()].length >= 970);
  await stream.close();
  const again = await place.open();
  const reopened = await again.log('orders');
  for (const index of [0, 77_777, times.length - 1]) {
    const [timestamp, time] = times[index] ?? [0, 0];
    const read = await bytesReadBy(async () => {
      assert.equal(reopened.get(timestamp)?.time, time);
      assert.equal(reopened.entries({ from: timestamp }).next().value.timestamp, timestamp);
      assert.equal(reopened.entries({ from: timestamp, reverse: true }).next().value.timestamp, timestamp);
      assert.equal(reopened.entries({ time }).next().value.timestamp, timestamp);
    });
    assert.ok(read === undefined || read < LOOKS * SEGMENT.segmentSize, `${read} bytes were read`);
  }
});
