import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, MemoryMedium, Stream } from '../../src/index.js';

/** Sizes around words, views that are used again, and what is kept between transactions. */
const SIZES = [0, 1, 7, 8, 9, 64, 1000, 4096, 16 * 1024 - 8, 16 * 1024, 16 * 1024 + 1, 100_000, 1_100_000];

function bytesOf(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size).fill(seed);
  // The ends are where it would go wrong.
  bytes.set([1, 2, 3].slice(0, size));
  return bytes;
}

test('what a transaction has copied is what it stores, whatever the transactions before it had', async () => {
  const stream = await Stream.open(new MemoryMedium('64MiB'));
  const regions = [await stream.allocate('24MiB'), await stream.allocate('24MiB')] as const;
  let round = 0;
  for (const sizes of [SIZES, [...SIZES].reverse(), SIZES, Array.from({ length: 3000 }, (_, i) => i % 40)]) {
    const wanted = sizes.map((size) => bytesOf(size, ++round));
    const entries = stream.transactionSync((tx) => {
      for (const [i, bytes] of wanted.entries()) {
        const given = bytes.slice();
        tx.append(regions[i & 1] ?? regions[0], given);
        given.fill(0);
      }
    });
    for (const [i, bytes] of wanted.entries())
      assert.ok(Buffer.from(bytes).equals((entries[i] as Entry).data));
  }
  await stream.close();
});

test('transactions that collect at the same time keep apart what they have copied', async () => {
  const stream = await Stream.open(new MemoryMedium('1MiB'));
  const region = await stream.allocate('256KiB');
  const log = await stream.log('log', { segmentSize: '64KiB' });
  let inner: Entry[] = [];
  const collecting = Array.from({ length: 5 }, (_, i) =>
    stream.transaction(async (tx) => {
      tx.append(region, `first of ${i}`);
      tx.append(log, `second of ${i}`);
      await new Promise((resolve) => setImmediate(resolve));
      if (i === 2) inner = stream.transactionSync((other) => other.append(region, 'in the midst'));
      tx.appendv(log, ['third', ' of ', `${i}`]);
    }),
  );
  const outcomes = await Promise.all(collecting);
  for (const [i, entries] of outcomes.entries()) {
    assert.deepEqual(
      entries.map((entry) => entry.text()),
      [`first of ${i}`, `second of ${i}`, `third of ${i}`],
    );
  }
  assert.deepEqual(
    inner.map((entry) => entry.text()),
    ['in the midst'],
  );
  // One that fails leaves nothing behind for the next.
  assert.throws(() => stream.transactionSync((tx) => tx.append(region, new Uint8Array(2 ** 20))), {
    code: 'VARVE_FULL',
  });
  const [last] = stream.transactionSync((tx) => tx.append(region, 'last'));
  assert.equal(last?.text(), 'last');
  await stream.close();
});
