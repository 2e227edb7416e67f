import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Region, Stream } from '../../src/index.js';
import { assertRising, stateOf, texts, timestamps } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { onEveryFile, onEveryMedium, type Place } from '../helpers/media.js';
import { Thread } from '../threads/thread.js';

const COUNT = 60;

async function open(t: TestContext, place: Place, threads = 1) {
  const stream = await place.open();
  const regions = [await stream.allocate('64KiB'), await stream.allocate('64KiB')] as [Region, Region];
  return {
    stream,
    regions,
    ids: regions.map(({ id }) => id),
    threads: await Promise.all(Array.from({ length: threads }, () => Thread.attach(t, stream))),
  };
}

/** An entry with that text in each of the regions. */
function both(stream: Stream, regions: readonly Region[], text: string): number[] {
  const entries = stream.transactionSync((tx) => {
    for (const region of regions) tx.append(region, text);
  });
  return entries.map(({ timestamp }) => timestamp);
}

onEveryMedium('transactions of several threads are each in one piece of the order', async (t, place) => {
  const { stream, regions, ids, threads } = await open(t, place, 2);
  const [one, other] = threads as [Thread, Thread];
  const given = (
    await Promise.all(
      Array.from({ length: COUNT }, (_, index) => [
        one.do('transact', ids, `one ${index}`, index % 2 === 0 ? 'persisted' : 'committed'),
        other.do('transactSync', ids.toReversed(), `other ${index}`),
        one.do('append', ids[index % 2] ?? 0, 'alone'),
      ]).flat(),
    )
  ).filter((timestamps) => typeof timestamps !== 'number');
  for (const [first = 0, second] of given) assert.equal(second, first + 1);
  await stream.persist();
  assert.equal(stream.persisted, 5 * COUNT);
  assert.deepEqual(
    timestamps(stream.entries()),
    Array.from({ length: 5 * COUNT }, (_, index) => index + 1),
  );
  const entries = texts(stream.entries());
  for (const [first = 0] of given) assert.equal(entries[first - 1], entries[first]);
  for (const region of regions) assertRising(timestamps(region));
});

onEveryMedium(
  'a transaction that has been acknowledged is persisted, with all before it',
  async (t, place) => {
    const { stream, regions, ids, threads } = await open(t, place);
    const third = await stream.allocate('64KiB');
    for (const region of [third, ...regions]) region.appendSync('before', { until: 'committed' });
    const [, last = 0] = both(stream, regions, 'here');
    assert.equal(stream.persisted, last);
    third.appendSync('between', { until: 'committed' });
    const there = (await threads[0]?.do('transactSync', ids, 'there')) ?? [];
    assert.deepEqual(there, [last + 2, last + 3]);
    assert.equal(stream.persisted, last + 3);
  },
);

onEveryMedium('what cannot be committed changes nothing, whoever is at fault', async (t, place) => {
  const { stream, regions, ids, threads } = await open(t, place);
  const [first, second] = regions;
  const [thread] = threads as [Thread];
  const [, last = 0] = await thread.do('transact', ids, 'there');
  const attempt = (expectedLast: number, size: number) => () =>
    stream.transactionSync((tx) => {
      tx.append(first, 'no');
      tx.append(second, new Uint8Array(size), { expectedLast });
    });
  fails('VARVE_CONFLICT', attempt(last - 1, 0));
  fails('VARVE_FULL', attempt(last, 65_536));
  fails('VARVE_FULL', () =>
    stream.transactionSync((tx) => {
      for (let part = 0; part < 3; part += 1) tx.append(first, new Uint8Array(30_000));
    }),
  );
  const slot = second.reserve(10);
  fails('VARVE_BUSY', attempt(last, 0));
  slot.cancel();
  assert.equal(stream.committed, last);
  for (const region of regions) assert.deepEqual(texts(region), ['there']);
  attempt(last, 0)();
  assert.equal(stream.committed, last + 2);
  await thread.do('clear', first.id);
  await thread.do('free', second.id);
  fails('VARVE_REGION_FREED', attempt(0, 0));
  assert.deepEqual(texts(stream.entries()), []);
});

onEveryMedium('a transaction waits for the slots of its own thread, and behind them', async (t, place) => {
  const { stream, regions, threads } = await open(t, place);
  const [first, second] = regions;
  const slot = second.reserve(4);
  const waiting = stream.transaction((tx) => {
    tx.append(first, 'one');
    tx.append(second, 'two');
  });
  assert.equal(await stateOf(waiting), 'pending');
  await threads[0]?.do('append', first.id, 'other');
  slot.data.set(Buffer.from('slot'));
  await slot.publish();
  assert.deepEqual(
    (await waiting).map(({ timestamp }) => timestamp),
    [3, 4],
  );
  assert.deepEqual(
    [texts(first), texts(second)],
    [
      ['other', 'one'],
      ['slot', 'two'],
    ],
  );
});

onEveryMedium('a transaction stands behind the slots that other threads had before it', async (t, place) => {
  const { stream, regions, ids, threads } = await open(t, place, 2);
  const [first, second] = regions;
  const [thread, other] = threads as [Thread, Thread];
  const slot = await thread.do('reserve', first.id, 'slot');
  const blocked = other.do('transactSync', ids, 'blocking');
  const here = stream.transaction((tx) => {
    tx.append(second, 'here');
    tx.append(first, 'here');
  });
  assert.equal(await stateOf(Promise.race([blocked, here])), 'pending');
  await thread.do('publish', slot);
  await Promise.all([blocked, here]);
  assert.equal(texts(first)[0], 'slot');
  assert.deepEqual(texts(first).slice(1).toSorted(), ['blocking', 'here']);
  assert.deepEqual(texts(second), texts(first).slice(1));
  const [abandoned] = [await thread.do('reserve', second.id, 'never')];
  assert.equal(abandoned, 1);
  const behind = other.do('transactSync', ids, 'after a death');
  assert.equal(await stateOf(behind), 'pending');
  await thread.terminate();
  assert.deepEqual(await behind, [6, 7]);
});

onEveryFile('what threads have committed together is there after all have gone', async (t, place) => {
  const { stream, regions, ids, threads } = await open(t, place, 2);
  await Promise.all(threads.map((thread, index) => thread.do('transact', ids, `${index}`)));
  both(stream, regions, 'last');
  const reader = await place.open({ readOnly: true });
  const entries = texts(stream.entries());
  assert.deepEqual(texts(reader.entries()), entries);
  for (const thread of threads) await thread.terminate();
  await stream.close();
  const again = await place.open();
  assert.deepEqual(texts(again.entries()), entries);
  assert.equal(
    both(
      again,
      ids.map((id) => again.region(id) as Region),
      'on',
    )[0],
    7,
  );
  await rejects(
    'VARVE_CLOSED',
    stream.transaction(() => {}),
  );
});
