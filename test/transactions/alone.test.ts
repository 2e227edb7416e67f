import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, MemoryMedium, type Region, Stream, type Transaction } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { texts, utf8 } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

function timestamps(entries: Iterable<Entry>): number[] {
  return Array.from(entries, ({ timestamp }) => timestamp);
}

async function twoRegions(stream: Stream): Promise<[Region, Region]> {
  return [
    await stream.allocate('64KiB', { name: 'orders' }),
    await stream.allocate('64KiB', { name: 'stock' }),
  ];
}

onEveryMedium('entries of several regions are committed and persisted together', async (_t, place) => {
  const stream = await place.open();
  const [orders, stock] = await twoRegions(stream);
  orders.appendSync('before');
  const entries = await stream.transaction((tx) => {
    tx.append(orders, 'order');
    tx.append(stock, utf8('less one'));
    tx.appendv(orders, ['its ', utf8('second')]);
  });
  assert.deepEqual(timestamps(entries), [2, 3, 4]);
  assert.deepEqual(
    entries.map((entry) => [entry.region, entry.text()]),
    [
      [orders, 'order'],
      [stock, 'less one'],
      [orders, 'its second'],
    ],
  );
  assert.equal(stream.persisted, 4);
  const behind = stock.appendSync('behind');
  assert.equal(behind.timestamp, 5);
  const [large] = stream.transactionSync((tx) => tx.append(stock, new Uint8Array(20_000)));
  assert.equal(large?.timestamp, 6);
  await stream.close();
  const again = await place.open();
  assert.deepEqual(texts(again.region('orders') ?? []), ['before', 'order', 'its second']);
  assert.deepEqual(timestamps(again.entries()), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(timestamps(again.entries({ reverse: true })), [6, 5, 4, 3, 2, 1]);
  assert.equal(again.region('stock')?.get(3)?.text(), 'less one');
  const { ok, problems } = await again.check();
  assert.deepEqual([ok, problems], [true, []]);
});

onEveryMedium('a transaction that is only committed is seen at once and durable later', async (_t, place) => {
  const stream = await place.open();
  const [orders, stock] = await twoRegions(stream);
  const [first] = stream.transactionSync(
    (tx) => {
      tx.append(orders, 'a');
      tx.append(stock, 'b');
    },
    { until: 'committed' },
  );
  assert.equal(first?.timestamp, 1);
  assert.deepEqual([texts(orders), texts(stock), stream.committed], [['a'], ['b'], 2]);
  await stream.whenPersisted(2);
  const more = await stream.transaction((tx) => tx.append(stock, 'c'), { until: 'committed' });
  assert.deepEqual(timestamps(more), [3]);
});

onEveryMedium('what throws leaves nothing', async (_t, place) => {
  const stream = await place.open();
  const [orders, stock] = await twoRegions(stream);
  const failure = new Error('no');
  const fail = (): never => {
    throw failure;
  };
  assert.throws(
    () =>
      stream.transactionSync((tx) => {
        tx.append(orders, 'a');
        fail();
      }),
    failure,
  );
  await assert.rejects(
    stream.transaction(async (tx) => {
      tx.append(orders, 'a');
      await Promise.resolve();
      fail();
    }),
    failure,
  );
  const full = (tx: Transaction) => {
    tx.append(orders, 'a');
    tx.append(stock, new Uint8Array(60_000));
    tx.append(stock, new Uint8Array(6_000));
  };
  fails('VARVE_FULL', () => stream.transactionSync(full));
  await rejects('VARVE_FULL', stream.transaction(full));
  assert.deepEqual([texts(orders), texts(stock), stream.committed], [[], [], 0]);
  assert.equal(orders.appendSync('next').timestamp, 1);
});

onEveryMedium('a transaction stands behind open slots, or says that it cannot', async (_t, place) => {
  const stream = await place.open();
  const [orders, stock] = await twoRegions(stream);
  const slot = orders.reserve(5);
  slot.data.set(utf8('first'));
  const both = (tx: Transaction) => {
    tx.append(stock, 'b');
    tx.append(orders, 'a');
  };
  fails('VARVE_BUSY', () => stream.transactionSync(both));
  assert.deepEqual(texts(stock), []);
  const waiting = stream.transaction(both);
  const other = orders.reserve(3);
  slot.publishSync();
  other.cancel();
  await waiting;
  assert.deepEqual([texts(orders), texts(stock)], [['first', 'a'], ['b']]);
});

test('an expected last entry that is not there is a conflict, and nothing happens', async (t) => {
  const stream = memoryStream(t);
  const [orders, stock] = await twoRegions(stream);
  const { timestamp } = orders.appendSync('one');
  const expecting = (order: number, item: number) => () =>
    stream.transactionSync((tx) => {
      tx.append(stock, 'b', { expectedLast: item });
      tx.append(orders, 'a', { expectedLast: order });
    });
  fails('VARVE_CONFLICT', expecting(0, 0));
  fails('VARVE_CONFLICT', expecting(timestamp, 7));
  assert.deepEqual([texts(orders), texts(stock)], [['one'], []]);
  expecting(timestamp, 0)();
  assert.deepEqual([texts(orders), texts(stock)], [['one', 'a'], ['b']]);
});

test('what cannot be a transaction is refused', async (t) => {
  const stream = memoryStream(t);
  const other = memoryStream(t);
  const [orders] = await twoRegions(stream);
  const foreign = await other.allocate('4KiB');
  fails('VARVE_ARGUMENT', () => stream.transactionSync(undefined as unknown as () => void));
  fails('VARVE_ARGUMENT', () => stream.transactionSync(async (tx) => tx.append(orders, 'a')));
  fails('VARVE_ARGUMENT', () => stream.transactionSync((tx) => tx.append(foreign, 'a')));
  fails('VARVE_ARGUMENT', () => stream.transactionSync((tx) => tx.append(orders, 7 as unknown as string)));
  fails('VARVE_ARGUMENT', () =>
    stream.transactionSync((tx) => tx.append('orders' as unknown as Region, 'a')),
  );
  fails('VARVE_ARGUMENT', () => stream.transactionSync(() => {}, { until: 'soon' as 'committed' }));
  assert.deepEqual(
    stream.transactionSync(() => {}),
    [],
  );
  let kept: { append(region: Region, data: string): void } | undefined;
  stream.transactionSync((tx) => {
    kept = tx;
  });
  fails('VARVE_CLOSED', () => kept?.append(orders, 'late'));
  assert.equal(stream.committed, 0);
});

test('a transaction takes what was given to it, and stands in a stream that is full of entries', async (t) => {
  const stream = memoryStream(t, '2MiB');
  const [orders, stock] = [await stream.allocate('1MiB'), await stream.allocate('512KiB')];
  const buffer = utf8('kept');
  const entries = stream.transactionSync((tx) => {
    tx.append(orders, buffer);
    buffer.fill(0);
    for (let i = 0; i < 10_000; i++) tx.append(i % 3 === 0 ? orders : stock, `${i}`);
  });
  assert.equal(entries.length, 10_001);
  assert.deepEqual([entries[0]?.text(), entries.at(-1)?.text()], ['kept', '9999']);
  assert.deepEqual(
    timestamps(entries),
    Array.from({ length: 10_001 }, (_, i) => i + 1),
  );
  assert.equal(texts(orders).length + texts(stock).length, 10_001);
});

test('a stream that is closed or read-only takes no transaction', async () => {
  const medium = new MemoryMedium('1MiB');
  const stream = await Stream.open(medium);
  const region = await stream.allocate('64KiB', { name: 'r' });
  let go = (): void => {};
  const late = stream.transaction(async (tx) => {
    tx.append(region, 'late');
    await new Promise<void>((resolve) => {
      go = resolve;
    });
  });
  await stream.close();
  go();
  await rejects('VARVE_CLOSED', late);
  const reader = await Stream.open(medium, { readOnly: true });
  await rejects(
    'VARVE_READ_ONLY',
    reader.transaction(() => {}),
  );
  assert.deepEqual(texts(reader.region('r') ?? []), []);
  await reader.close();
});

test('one drain makes a transaction durable, over however many regions', async () => {
  const medium = new SimulatedMedium('256KiB');
  const stream = await Stream.open(medium);
  const regions = await Promise.all(Array.from({ length: 5 }, () => stream.allocate('4KiB')));
  const all = (tx: Transaction): void => {
    for (const region of regions) tx.append(region, 'x');
  };
  // The first one gets the stream a supply of timestamps.
  stream.transactionSync(all);
  let drains = 0;
  medium.onDrain = (moment) => {
    if (moment === 'before drain') drains++;
  };
  stream.transactionSync(all);
  assert.equal(drains, 1);
  await Promise.all([stream.transaction(all), stream.transaction(all), regions[0]?.append('y')]);
  assert.equal(drains, 2);
  await stream.close();
});
