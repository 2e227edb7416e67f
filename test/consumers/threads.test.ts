import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Entry, type Log, Stream } from '../../src/index.js';
import { onEveryMedium } from '../helpers/media.js';
import { refused, rest, take } from './reading.js';

const SEGMENT = { segmentSize: 4096 } as const;

function fill(log: Log, from: number, to: number): Entry[] {
  return Array.from({ length: to - from }, (_, i) => log.appendSync(`${from + i}`));
}

onEveryMedium('threads have consumers of one log, and see what each has acknowledged', async (_, place) => {
  const stream = await place.open();
  const log = await stream.log('orders', SEGMENT);
  const entries = fill(log, 0, 200);
  const other = await Stream.attach(stream.share());
  const twin = await other.log('orders');
  const one = await log.consumer('one', { protect: true });
  const two = await twin.consumer('two');
  if (place.path !== undefined) await refused(twin.consumer('one'), 'VARVE_BUSY', /thread/);
  // More than a journal takes before it is switched, by both at the same time.
  await Promise.all([rest(one, 150), rest(two, 180)]);
  assert.deepEqual(
    twin.consumers().map(({ name, position, lag }) => [name, position, lag]),
    [
      ['one', entries[149]?.timestamp, 50],
      ['two', entries[179]?.timestamp, 20],
    ],
  );
  assert.deepEqual(log.consumers(), twin.consumers());
  await twin.trim({ before: twin.last });
  assert.equal(log.first, entries[150]?.timestamp);
  await one.close();
  const moved = await twin.consumer('one');
  assert.equal((await take(moved, 1))[0]?.text(), '150');
  await moved.seek('last');
  assert.equal(log.consumers()[0]?.position, entries[199]?.timestamp);
  await other.close();
  await stream.close();
});

onEveryMedium(
  'a thread that is terminated lets go of its consumer, and nothing is lost',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', SEGMENT);
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      workerData: { handle: stream.share(), name: 'billing', count: 0 },
    });
    fill(log, 0, 60);
    let acked = -1;
    worker.on('message', (message: { acked?: number }) => {
      acked = message.acked ?? acked;
    });
    while (acked < 20) await once(worker, 'message');
    await worker.terminate();
    fill(log, 60, 61);
    const consumer = await log.consumer('billing');
    const [next] = await take(consumer, 1);
    assert.ok(consumer.protect);
    assert.ok(Number(next?.text()) > acked, `it goes on at ${next?.text()}, behind ${acked}`);
    assert.equal((await rest(consumer, consumer.lag)).at(-1)?.text(), '60');
    await stream.close();
  },
);

onEveryMedium(
  'threads acknowledge at the same time, while their journal is switched again and again',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', SEGMENT);
    const entries = fill(log, 0, 300);
    const file = new URL('./thread.js', import.meta.url);
    const codes = await Promise.all(
      ['one', 'two'].map(async (name, i) => {
        const workerData = { handle: stream.share(), name, count: 300 - i };
        const [code] = await once(new Worker(file, { workerData }), 'exit');
        return code;
      }),
    );
    assert.deepEqual(codes, [0, 0]);
    assert.deepEqual(
      log.consumers().map(({ name, position }) => [name, position]),
      [
        ['one', entries[299]?.timestamp],
        ['two', entries[298]?.timestamp],
      ],
    );
    await stream.close();
  },
);
