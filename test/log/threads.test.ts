import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type Entry, type Log, Stream } from '../../src/index.js';
import { assertRising, texts, timestamps } from '../helpers/bytes.js';
import { fails, isFailure } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

const SEGMENT = { segmentSize: 4096 } as const;

/** Two threads' handles of one log, in one thread: what they do is done in the order of the test. */
async function twoThreads(stream: Stream): Promise<[Log, Log, Stream]> {
  const log = await stream.log('orders', SEGMENT);
  const other = await Stream.attach(stream.share());
  return [log, await other.log('orders'), other];
}

onEveryMedium('two threads append to one log by turns, over many segments', async (_, place) => {
  const stream = await place.open();
  const [one, two, other] = await twoThreads(stream);
  const expected: string[] = [];
  for (let index = 0; index < 600; index++) {
    // Runs of different lengths: now this thread begins a further segment, now the other one.
    const log = index % 7 < 3 ? one : two;
    log.appendSync(`${index}`, index % 5 === 0 ? {} : { until: 'committed' });
    expected.push(`${index}`);
  }
  await Promise.all(expected.slice(0, 200).map((text, index) => (index % 3 === 0 ? one : two).append(text)));
  assert.deepEqual(texts(one).slice(0, 600), expected);
  assert.deepEqual(texts(two), texts(one));
  assert.equal(one.entryCount, 800);
  assertRising(timestamps(one));
  assert.deepEqual(timestamps(two.entries({ reverse: true })), timestamps(one).toReversed());
  assert.deepEqual([two.first, two.last, two.bytes], [one.first, one.last, one.bytes]);
  await other.close();
  assert.equal((await stream.check()).ok, true);
});

test('a thread that trims, takes from the end, or frees does so for all', async (t) => {
  const stream = memoryStream(t);
  const [one, two, other] = await twoThreads(stream);
  const all = Array.from(
    { length: 500 },
    (_, index) => (index % 2 ? one : two).appendSync(`${index}`).timestamp,
  );
  const reading = two.entries({ onGap: 'skip' });
  reading.next();
  await one.trim({ before: all[300] ?? 0 });
  assert.deepEqual([two.first, two.entryCount], [all[300], 200]);
  assert.equal(texts(reading)[0], '300');
  await two.truncateAfter(all[400] ?? 0);
  assert.deepEqual([one.last, one.entryCount, texts(one).at(-1)], [all[400], 101, '400']);
  fails('VARVE_CONFLICT', () => one.appendSync('x', { expectedLast: all[499] ?? 0 }));
  one.appendSync('next', { expectedLast: all[400] ?? 0 });
  assert.equal(texts(two).at(-1), 'next');
  two.appendSync('more');
  assert.deepEqual(texts(one).slice(-3), ['400', 'next', 'more']);
  await one.free();
  fails('VARVE_REGION_FREED', () => two.appendSync('x'));
  assert.deepEqual(other.logs(), []);
  await other.close();
});

test('an append behind a slot that another thread has open in an earlier segment waits for it', async (t) => {
  const stream = memoryStream(t);
  const [one, two, other] = await twoThreads(stream);
  const slot = one.reserve(3000);
  slot.data.set(Buffer.from('first'));
  const later = two.append('x'.repeat(3000));
  const own = one.append('y'.repeat(3000));
  const behind = two.reserve(3000);
  behind.data.set(Buffer.from('last'));
  const last = behind.publish(4);
  fails('VARVE_BUSY', () => one.appendSync('busy'));
  assert.deepEqual(texts(one), []);
  const first = await slot.publish(5);
  const order = [first, await later, await own, await last].map(({ timestamp }) => timestamp);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    Array.from(two, (entry) => entry.text().slice(0, 5)),
    ['first', 'xxxxx', 'yyyyy', 'last'],
  );
  await other.close();
});

onEveryMedium(
  'threads append to one log at the same time: all is there, each in its order',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', SEGMENT);
    const workers = ['a', 'b'].map(
      (name) =>
        new Worker(new URL('./log-thread.js', import.meta.url), {
          workerData: { handle: stream.share(), name },
        }),
    );
    const ended = Promise.all(workers.map((worker) => once(worker, 'exit')));
    // Nothing but this waits once the threads have ended.
    const alive = setInterval(() => {}, 1000);
    const follower = log.tail();
    const followed: string[] = [];
    for await (const entry of follower) {
      followed.push(entry.text());
      if (followed.length % 50 === 0) log.appendSync(`c${followed.length / 50}`);
      if (followed.length === 816) break;
    }
    clearInterval(alive);
    assert.deepEqual(
      (await ended).map(([code]) => code),
      [0, 0],
    );
    assertRising(timestamps(log));
    for (const name of ['a', 'b']) {
      assert.deepEqual(
        followed.filter((text) => text.startsWith(name)),
        Array.from({ length: 400 }, (_unused, index) => `${name}${index}`),
      );
    }
  },
);

function textUnlessTrimmed(entry: Entry): string | undefined {
  try {
    return entry.text();
  } catch (error) {
    assert.ok(isFailure(error, ['VARVE_REGION_FREED']), String(error));
    return undefined;
  }
}

onEveryMedium(
  'a thread trims under others that append and read: nothing comes twice, or out of order',
  async (_, place) => {
    const stream = await place.open();
    const log = await stream.log('orders', { ...SEGMENT, whenFull: 'discard-oldest' });
    const workers = ['a', 'b'].map(
      (name) =>
        new Worker(new URL('./log-thread.js', import.meta.url), {
          workerData: { handle: stream.share(), name },
        }),
    );
    let running = workers.length;
    for (const worker of workers) worker.on('exit', () => running--);
    const seen = new Map<string, number>();
    let last = 0;
    const follow = async (): Promise<void> => {
      for await (const entry of log.tail({ onGap: 'skip' })) {
        assert.ok(entry.timestamp > last);
        last = entry.timestamp;
        const text = textUnlessTrimmed(entry);
        if (text === 'end') break;
        if (text === undefined) continue;
        const number = Number(text.slice(1));
        assert.ok(number > (seen.get(text.slice(0, 1)) ?? -1), text);
        seen.set(text.slice(0, 1), number);
      }
    };
    const following = follow();
    while (running > 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      await log.trim({ before: Math.max(0, log.last - 20) });
    }
    log.appendSync('end');
    await following;
    assert.equal(seen.size, 2);
    assert.deepEqual((await stream.check()).problems, []);
  },
  '64KiB',
);
