import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { attachCore } from '../../src/core/shared/share.js';
import type { SharedLog } from '../../src/core/shared/shared-log.js';
import { takeSync } from '../../src/core/steps.js';
import { stateOf, texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { onEveryMedium, type Place } from '../helpers/media.js';
import { Thread } from './thread.js';

async function open(t: TestContext, place: Place) {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  return { stream, region, thread: await Thread.attach(t, stream) };
}

onEveryMedium('a tail in one thread wakes on what another one appends', async (t, place) => {
  const { stream, region, thread } = await open(t, place);
  const there = [thread.do('follow', region.id, 3), thread.do('follow', 0, 3)];
  const here = (async () => {
    const seen: string[] = [];
    for await (const entry of stream.tail()) {
      seen.push(entry.text());
      if (seen.length === 3) break;
    }
    return seen;
  })();
  assert.equal(await stateOf(here), 'pending');
  await thread.do('append', region.id, 'one');
  region.appendSync('two', { until: 'committed' });
  await thread.do('append', region.id, 'three', { until: 'committed' });
  for (const followed of [here, ...there]) assert.deepEqual(await followed, ['one', 'two', 'three']);
});

onEveryMedium('what one thread allocates the others find, and their tails show', async (t, place) => {
  const { stream, region, thread } = await open(t, place);
  const following = thread.do('follow', 0, 2);
  const late = await stream.allocate('64KiB', { name: 'late' });
  assert.equal(await thread.do('named', 'late'), late.id);
  const theirs = await thread.do('allocate', 'theirs');
  assert.equal(stream.region('theirs')?.id, theirs);
  await rejects('VARVE_EXISTS', stream.allocate('64KiB', { name: 'theirs' }));
  await thread.do('append', late.id, 'in the late one');
  stream.region('theirs')?.appendSync('in theirs');
  assert.deepEqual(await following, ['in the late one', 'in theirs']);
  assert.deepEqual(
    Array.from(stream.regions(), ({ id }) => id),
    [region.id, late.id, theirs],
  );
});

onEveryMedium('what one thread clears is gone for all, and they go on with it', async (t, place) => {
  const { region, thread } = await open(t, place);
  const entry = region.appendSync('old');
  const iterator = region.entries();
  await thread.do('keepReading', region.id);
  await thread.do('clear', region.id);
  for (const read of [() => entry.text(), () => entry.copy(), () => entry.data, () => iterator.next()])
    fails('VARVE_REGION_FREED', read);
  await rejects('VARVE_REGION_FREED', thread.do('readKept'));
  assert.deepEqual(texts(region), []);
  region.appendSync('new');
  assert.deepEqual(await thread.do('texts', region.id), ['new']);
  await region.clear();
  assert.deepEqual(await thread.do('texts', region.id), []);
  await thread.do('append', region.id, 'newest');
  assert.deepEqual(texts(region), ['newest']);
});

onEveryMedium('what one thread frees is freed for all, and its space is used again', async (t, place) => {
  const { stream, region, thread } = await open(t, place);
  const before = stream.available;
  const [here, there] = [await stream.allocate('64KiB'), await thread.do('allocate', 'theirs')];
  const entry = here.appendSync('here');
  await thread.do('append', there, 'there');
  const theirs = stream.region(there);
  await thread.do('free', here.id);
  await theirs?.free();
  for (const use of [
    () => entry.text(),
    () => here.appendSync('no'),
    () => [...here],
    () => theirs?.available,
  ])
    fails('VARVE_REGION_FREED', use);
  assert.equal(await thread.do('named', 'theirs'), 0);
  assert.deepEqual(
    Array.from(stream.regions(), ({ id }) => id),
    [region.id],
  );
  assert.equal(stream.available, before);
});

onEveryMedium(
  'a region in which another thread has a slot open is neither cleared nor freed',
  async (t, place) => {
    const { region, thread } = await open(t, place);
    const slot = region.reserve(4);
    const behind = region.append('behind');
    await rejects('VARVE_BUSY', thread.do('clear', region.id));
    await rejects('VARVE_BUSY', thread.do('free', region.id));
    slot.data.set(Buffer.from('kept'));
    await slot.publish();
    await behind;
    assert.deepEqual(texts(region), ['kept', 'behind']);
    await thread.do('clear', region.id);
    assert.deepEqual(texts(region), []);
  },
);

onEveryMedium(
  'the slots of a thread go with what it clears, and what waits behind them is refused',
  async (t, place) => {
    const { region, thread } = await open(t, place);
    const slot = region.reserve(4);
    const behind = await thread.do('begin', region.id, 'behind');
    await region.clear();
    await rejects('VARVE_REGION_FREED', thread.do('outcome', behind));
    fails('VARVE_CLOSED|VARVE_REGION_FREED', () => slot.publishSync());
    assert.equal(region.appendSync('after').timestamp, 1);
    assert.deepEqual(await thread.do('texts', region.id), ['after']);
  },
);

for (const way of ['persist', 'seal'] as const) {
  onEveryMedium(
    `what was appended after a clear is sealed right by who knew the region before (${way})`,
    async (_t, place) => {
      const stream = await place.open();
      const region = await stream.allocate('64KiB');
      // Stands for another thread, with nothing between two of its steps but what the test does.
      const other = attachCore(stream.share().core);
      const log = other.regions.get(region.id)?.appender as SharedLog;
      log.append(Buffer.from('old'));
      await region.clear();
      region.appendSync('new', { until: 'committed' });
      log.durability[way](other.medium);
      takeSync(other.close(), other.medium);
      assert.deepEqual(await stream.check().then(({ problems }) => problems), []);
      if (place.path === undefined) return;
      await stream.persist();
      const reader = await place.open({ readOnly: true });
      assert.deepEqual(texts(reader.region(region.id) ?? []), ['new']);
      await reader.close();
    },
  );
}

onEveryMedium(
  'a walk in a region that another thread clears does not go beyond its end',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('64KiB');
    const other = attachCore(stream.share().core);
    const log = other.regions.get(region.id)?.appender as SharedLog;
    for (const text of ['one', 'two', 'three']) log.append(Buffer.from(text));
    log.pull();
    const { tail } = log.region;
    await region.clear();
    region.appendSync('new');
    // Between two of its steps the other thread only looks whether there is more.
    assert.equal(log.pull(), false);
    assert.equal(log.region.tail, tail);
    other.others.refresh();
    assert.ok(log.region.tail < tail);
    takeSync(other.close(), other.medium);
  },
);
