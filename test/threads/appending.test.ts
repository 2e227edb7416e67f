import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRising, stateOf, texts, timestamps } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { memoryStream, onEveryMedium, type Place } from '../helpers/media.js';
import { Thread } from './thread.js';

const COUNT = 200;

/** All timestamps up to the last one were given out, each once. */
function assertDense(all: readonly number[]): void {
  assert.deepEqual(
    all.toSorted((a, b) => a - b),
    Array.from(all, (_, index) => index + 1),
  );
}

async function open(t: Parameters<typeof Thread.attach>[0], place: Place, regions: number, threads: number) {
  const stream = await place.open();
  return {
    stream,
    regions: await Promise.all(Array.from({ length: regions }, () => stream.allocate('64KiB'))),
    threads: await Promise.all(Array.from({ length: threads }, () => Thread.attach(t, stream))),
  };
}

onEveryMedium('threads append to a region each, side by side', async (t, place) => {
  const { stream, regions, threads } = await open(t, place, 2, 2);
  const appended = await Promise.all(
    threads.map((thread, index) => thread.do('appendMany', regions[index]?.id ?? 0, COUNT, '', 'persisted')),
  );
  assertDense(appended.flat());
  for (const [index, region] of regions.entries()) {
    assert.deepEqual(timestamps(region), appended[index]);
    assert.deepEqual(
      texts(region),
      Array.from({ length: COUNT }, (_, number) => `${number}`),
    );
  }
  assertRising(timestamps(stream.entries()));
  assert.deepEqual([stream.committed, stream.persisted], [2 * COUNT, 2 * COUNT]);
});

onEveryMedium(
  'an acknowledged append is persisted, also where another thread has persisted what stood before it',
  async (t, place) => {
    const { stream, regions, threads } = await open(t, place, 3, 1);
    for (const region of regions) region.appendSync('committed', { until: 'committed' });
    await threads[0]?.do('persist');
    regions[2]?.appendSync('committed', { until: 'committed' });
    stream.persistSync();
    for (const region of regions) {
      const { timestamp } = region.appendSync('persisted');
      assert.equal(stream.persisted, timestamp);
    }
  },
);

onEveryMedium(
  'threads append to the same region: all entries are there, those of each thread in its order',
  async (t, place) => {
    const { regions, threads } = await open(t, place, 1, 2);
    const [region] = regions;
    assert.ok(region);
    const appended = await Promise.all([
      threads[0]?.do('appendMany', region.id, COUNT, 'a', 'persisted'),
      threads[1]?.do('appendMany', region.id, COUNT, 'b', 'committed'),
      Promise.all(
        Array.from({ length: COUNT }, async (_, index) => (await region.append(`c${index}`)).timestamp),
      ),
    ]);
    assertDense(appended.flatMap((each) => each ?? []));
    assertRising(timestamps(region));
    const all = texts(region);
    for (const name of ['a', 'b', 'c']) {
      assert.deepEqual(
        all.filter((text) => text.startsWith(name)),
        Array.from({ length: COUNT }, (_, number) => `${name}${number}`),
      );
    }
  },
);

onEveryMedium('a slot that is open in one thread holds up its region, and no other', async (t, place) => {
  const { regions, threads } = await open(t, place, 2, 1);
  const [held, free] = regions;
  const [thread] = threads;
  assert.ok(held && free && thread);
  const slot = held.reserve(5);
  const behind = thread.do('append', held.id, 'behind');
  assert.equal(await thread.do('append', free.id, 'elsewhere'), 1);
  assert.equal(await stateOf(behind), 'pending');
  assert.deepEqual(texts(held), []);
  slot.data.set(Buffer.from('first'));
  await slot.publish();
  assert.equal(await behind, 3);
  assert.deepEqual(texts(held), ['first', 'behind']);
});

onEveryMedium('a slot of a thread that is cancelled lets the others go on', async (t, place) => {
  const { regions, threads } = await open(t, place, 1, 1);
  const [region] = regions;
  const [thread] = threads;
  assert.ok(region && thread);
  const slots = [
    await thread.do('reserve', region.id, 'given up'),
    await thread.do('reserve', region.id, 'kept'),
  ];
  const behind = region.append('behind');
  const kept = thread.do('publish', slots[1] ?? 0);
  assert.equal(await stateOf(behind), 'pending');
  await thread.do('cancel', slots[0] ?? 0);
  assert.deepEqual([await kept, (await behind).timestamp], [1, 2]);
  assert.deepEqual(texts(region), ['kept', 'behind']);
});

onEveryMedium(
  'a blocking append waits for a slot of another thread; behind one of its own it is VARVE_BUSY',
  async (t, place) => {
    const { regions, threads } = await open(t, place, 1, 1);
    const [region] = regions;
    const [thread] = threads;
    assert.ok(region && thread);
    const slot = region.reserve(3);
    slot.data.set(Buffer.from('own'));
    fails('VARVE_BUSY', () => region.appendSync('behind my own'));
    const other = thread.do('appendSync', region.id, 'behind another');
    assert.equal(await stateOf(other), 'pending');
    slot.publishSync();
    assert.equal(await other, 2);
    assert.deepEqual(texts(region), ['own', 'behind another']);
  },
);

test('of threads that expect the same last entry one wins', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  const threads = await Promise.all([1, 2, 3].map(() => Thread.attach(t, stream)));
  for (let last = 0; last < 30; last += 1) {
    const tries = await Promise.allSettled(
      threads.map((thread) => thread.do('appendSync', region.id, `${last}`, { expectedLast: last })),
    );
    assert.deepEqual(
      tries.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.code)).sort(),
      [last + 1, 'VARVE_CONFLICT', 'VARVE_CONFLICT'],
    );
  }
  assert.equal(texts(region).length, 30);
});

onEveryMedium('what one thread waits for another one brings', async (t, place) => {
  const { stream, regions, threads } = await open(t, place, 1, 1);
  const [region] = regions;
  const [thread] = threads;
  assert.ok(region && thread);
  const [here, there] = [stream.whenPersisted(2), thread.do('whenPersisted', 1)];
  region.appendSync('here', { until: 'committed' });
  assert.ok((await there) >= 1);
  await thread.do('append', region.id, 'there', { until: 'committed' });
  await here;
  assert.ok(stream.persisted >= 2);
  await stream.whenCommitted(2);
});

test('timestamps go on when threads have used up a supply of them', async (t) => {
  const count = 2 ** 19 + 1000;
  const stream = memoryStream(t, '20MiB');
  const regions = [stream.allocateSync('9MiB'), stream.allocateSync('9MiB')];
  const threads = await Promise.all(regions.map(() => Thread.attach(t, stream)));
  await Promise.all(threads.map((thread, index) => thread.do('appendEmpty', regions[index]?.id ?? 0, count)));
  assert.equal(stream.committed, 2 * count);
  assert.deepEqual(
    regions.map((region) => region.entryCount),
    [count, count],
  );
  assert.equal(regions[0]?.appendSync('further').timestamp, 2 * count + 1);
});
