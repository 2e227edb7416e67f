import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, type Log, Stream, type Transaction } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { texts, utf8 } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

function timestamps(entries: Iterable<Entry>): number[] {
  return Array.from(entries, ({ timestamp }) => timestamp);
}

onEveryMedium('entries of logs and regions are committed together', async (_t, place) => {
  const stream = await place.open();
  const [orders, stock] = [
    await stream.log('orders', { segmentSize: '16KiB' }),
    await stream.allocate('16KiB', { name: 'stock' }),
  ];
  await orders.append('before');
  const before = stream.committed;
  const entries = await stream.transaction((tx) => {
    tx.append(orders, 'an order');
    tx.append(stock, 'less one');
    tx.appendv(orders, ['its ', utf8('second')]);
  });
  assert.deepEqual(timestamps(entries), [before + 1, before + 2, before + 3]);
  assert.deepEqual(
    entries.map((entry) => entry.text()),
    ['an order', 'less one', 'its second'],
  );
  assert.ok((entries[0]?.time ?? 0) > 0);
  assert.deepEqual(texts(orders), ['before', 'an order', 'its second']);
  assert.equal(orders.get(entries[2]?.timestamp ?? 0)?.text(), 'its second');
  await stream.close();
  const again = await place.open();
  assert.deepEqual(texts(await again.log('orders')), ['before', 'an order', 'its second']);
  assert.deepEqual(texts(again.region('stock') ?? []), ['less one']);
});

test('what does not fit in the last segment begins a further one, all of it', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', { segmentSize: '8KiB' });
  const other = await stream.log('other', { segmentSize: '8KiB' });
  const parts = Array.from({ length: 5 }, (_, i) => String(i).repeat(1500));
  const run = (): Entry[] =>
    stream.transactionSync((tx) => {
      for (const part of parts) tx.append(log, part);
      tx.append(other, 'x');
    });
  run();
  run();
  // Larger than a segment: it gets one of its own.
  stream.transactionSync((tx) => {
    for (let i = 0; i < 10; i++) tx.append(log, 'y'.repeat(2000));
  });
  log.appendSync('behind');
  assert.deepEqual(texts(log), [...parts, ...parts, ...Array(10).fill('y'.repeat(2000)), 'behind']);
  assert.equal([...log.segments()].length, 3);
  assert.deepEqual(texts(other), ['x', 'x']);
});

test('a transaction that is refused leaves logs as they were', async (t) => {
  const stream = memoryStream(t);
  const [log, other] = [await stream.log('one', { segmentSize: '8KiB' }), memoryStream(t)];
  const region = await stream.allocate('4KiB');
  const last = (await log.append('there')).timestamp;
  const expecting = (expectedLast: number) => (tx: Transaction) => {
    tx.append(region, 'a');
    tx.append(log, 'b', { expectedLast });
  };
  fails('VARVE_CONFLICT', () => stream.transactionSync(expecting(last + 1)));
  await rejects('VARVE_CONFLICT', stream.transaction(expecting(0)));
  fails('VARVE_FULL', () =>
    stream.transactionSync((tx) => {
      tx.append(log, 'b');
      tx.append(region, new Uint8Array(5000));
    }),
  );
  fails('VARVE_FULL', () => stream.transactionSync((tx) => tx.append(log, new Uint8Array(2 ** 21))));
  fails('VARVE_ARGUMENT', () => other.transactionSync((tx) => tx.append(log, 'b')));
  const [segment] = log.segments();
  assert.ok(segment !== undefined);
  fails('VARVE_ARGUMENT', () => stream.transactionSync((tx) => tx.append(segment, 'b')));
  assert.deepEqual([texts(log), texts(region)], [['there'], []]);
  stream.transactionSync(expecting(last));
  assert.deepEqual([texts(log), texts(region)], [['there', 'b'], ['a']]);
});

test('a transaction waits for open slots of a log, or says that it cannot', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('orders', { segmentSize: '8KiB' });
  const region = await stream.allocate('4KiB');
  const slot = log.reserve(5);
  slot.data.set(utf8('first'));
  const both = (tx: Transaction): void => {
    tx.append(region, 'b');
    tx.append(log, 'a'.repeat(7000));
    tx.append(log, 'c'.repeat(7000));
  };
  fails('VARVE_BUSY', () => stream.transactionSync(both));
  const waiting = stream.transaction(both);
  assert.deepEqual(texts(region), []);
  slot.publishSync();
  await waiting;
  assert.deepEqual(
    texts(log).map((text) => text.slice(0, 5)),
    ['first', 'aaaaa', 'ccccc'],
  );
});

/** What a consumer has made of the entries of one log, in another one. */
async function copying(medium: SimulatedMedium): Promise<{ stream: Stream; source: Log; made: Log }> {
  const stream = await Stream.open(medium, { blockSize: 512 });
  const source = await stream.log('source', { segmentSize: '8KiB' });
  const made = await stream.log('made', { segmentSize: '8KiB' });
  return { stream, source, made };
}

test('an acknowledgement in a transaction is there with what was made of the entry, after any crash', async () => {
  const medium = new SimulatedMedium('256KiB');
  const { stream, source, made } = await copying(medium);
  const entries = ['a', 'b', 'c'].map((text) => source.appendSync(text));
  const consumer = await source.consumer('copier');
  let images = 0;
  const judged: Promise<void>[] = [];
  medium.onDrain = () => {
    for (const image of medium.crashImages({ exhaustive: 64, samples: 16 })) {
      images++;
      judged.push(judge(image));
    }
  };
  for (const entry of entries) {
    stream.transactionSync(
      (tx) => {
        tx.ack(consumer, entry);
        tx.append(made, `made of ${entry.text()}`);
      },
      { until: entry.text() === 'b' ? 'committed' : 'persisted' },
    );
  }
  assert.equal(consumer.position, entries[2]?.timestamp);
  medium.onDrain = undefined;
  await Promise.all(judged);
  assert.ok(images > 20);
  await stream.close();
});

async function judge(image: Uint8Array): Promise<void> {
  const { stream, source, made } = await copying(SimulatedMedium.fromImage(image));
  const copier = await source.consumer('copier');
  const acknowledged = Array.from(source).filter(({ timestamp }) => timestamp <= copier.position);
  assert.deepEqual(
    texts(made),
    acknowledged.map((entry) => `made of ${entry.text()}`),
  );
  await stream.close();
}

test('a transaction of nothing but an acknowledgement is durable when it is done', async () => {
  const medium = new SimulatedMedium('256KiB');
  const { stream, source } = await copying(medium);
  const entries = ['a', 'b'].map((text) => source.appendSync(text));
  const consumer = await source.consumer('copier');
  for (const [i, entry] of entries.entries()) {
    const acknowledge = (tx: Transaction): void => tx.ack(consumer, entry);
    if (i === 0) stream.transactionSync(acknowledge);
    else await stream.transaction(acknowledge);
    const after = await copying(SimulatedMedium.fromImage(medium.crashPoint().durable));
    assert.equal((await after.source.consumer('copier')).position, entry.timestamp);
    await after.stream.close();
  }
  await stream.close();
});

test('acknowledgements of several consumers go through switches of the journal', async (t) => {
  const stream = memoryStream(t);
  const log = await stream.log('source', { segmentSize: '64KiB' });
  const [one, two] = [await log.consumer('one'), await log.consumer('two')];
  let last = 0;
  for (let i = 0; i < 600; i++) {
    const entry = log.appendSync(`${i}`, { until: 'committed' });
    const entries = stream.transactionSync(
      (tx) => {
        tx.ack(one, entry);
        tx.ack(two, last);
        tx.ack(two, entry.timestamp);
      },
      { until: 'committed' },
    );
    assert.deepEqual(entries, []);
    last = entry.timestamp;
  }
  assert.deepEqual([one.position, two.position], [last, last]);
  // An older one changes nothing.
  stream.transactionSync((tx) => tx.ack(one, 1));
  assert.equal(one.position, last);
  assert.throws(() => stream.transactionSync((tx) => tx.ack(one, last + 100)), RangeError);
  fails('VARVE_ARGUMENT', () => stream.transactionSync((tx) => tx.ack(log as unknown as typeof one, 1)));
});
