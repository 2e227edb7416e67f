import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Log, Stream } from '../../src/index.js';
import { texts } from '../helpers/bytes.js';
import { onEveryMedium } from '../helpers/media.js';

const PROGRAM = new URL('./log-thread.js', import.meta.url);

async function twoLogs(stream: Stream): Promise<[Log, Log]> {
  // So small that they roll again and again, each at other moments.
  return [await stream.log('one', { segmentSize: '4KiB' }), await stream.log('two', { segmentSize: '8KiB' })];
}

function start(stream: Stream, name: string, count: number): Worker {
  return new Worker(PROGRAM, { workerData: { handle: stream.share(), name, count } });
}

/** What a thread has appended, in its order. */
function numbersOf(log: Log, name: string): number[] {
  return texts(log)
    .filter((text) => text.startsWith(name))
    .map((text) => Number(text.slice(name.length, text.indexOf(' '))));
}

onEveryMedium(
  'threads append to two logs together: both hold the same, in the same order, over rolls',
  async (_t, place) => {
    const stream = await place.open();
    const [one, two] = await twoLogs(stream);
    const workers = ['a', 'b'].map((name) => start(stream, name, 60));
    await Promise.all(workers.map((worker) => once(worker, 'exit')));
    assert.deepEqual(texts(one), texts(two));
    for (const name of ['a', 'b']) {
      assert.deepEqual(
        numbersOf(one, name),
        Array.from({ length: 60 }, (_, i) => i),
      );
      // The last transaction acknowledges what the one before it has appended.
      const before = [...one].filter((entry) => entry.text().startsWith(`${name}58 `))[0];
      assert.equal(one.consumers().find((consumer) => consumer.name === name)?.position, before?.timestamp);
    }
    assert.ok([...one.segments()].length > 3 && [...two.segments()].length > 1);
    assert.deepEqual((await stream.check()).problems, []);
  },
  '256KiB',
);

onEveryMedium(
  'a thread that is terminated leaves all of a transaction over logs, or none',
  async (_t, place) => {
    const stream = await place.open();
    const [one, two] = await twoLogs(stream);
    const doomed = start(stream, 'a', 100_000);
    const otherEnds = once(start(stream, 'b', 60), 'exit');
    await once(doomed, 'message');
    await doomed.terminate();
    await otherEnds;
    assert.deepEqual(texts(one), texts(two));
    const numbers = numbersOf(one, 'a');
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, i) => i),
    );
    assert.equal(numbersOf(one, 'b').length, 60);
    stream.transactionSync((tx) => {
      tx.append(one, 'last');
      tx.append(two, 'last');
    });
    await stream.close();
    const again = await place.open();
    const [first, second] = await twoLogs(again);
    assert.deepEqual([texts(first).at(-1), texts(first)], ['last', texts(second)]);
  },
  '4MiB',
);
