import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Region, Stream, VarveError } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { stateOf, texts } from '../helpers/bytes.js';
import { isFailure, rejects } from '../helpers/errors.js';
import { contentOf } from '../helpers/image.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

/** Every promise must settle; a rejection must be an error of varve. */
async function settle(promises: readonly Promise<unknown>[]): Promise<PromiseSettledResult<unknown>[]> {
  const outcomes = await Promise.allSettled(promises);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected')
      assert.ok(outcome.reason instanceof VarveError, String(outcome.reason));
  }
  return outcomes;
}

onEveryMedium('many regions allocated at once; a name goes to one of them', async (_t, place) => {
  const stream = await place.open();
  const names = Array.from({ length: 60 }, (_, index) => `region ${index % 30}`);
  const outcomes = await settle(names.map((name) => stream.allocate(4096, { name })));
  assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 30);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.ok(isFailure(outcome.reason, ['VARVE_EXISTS']));
  }
  const regions = [...stream.regions()];
  assert.equal(new Set(regions.map((region) => region.name)).size, 30);
  for (const region of regions) region.appendSync(new Uint8Array(region.available).fill(region.id));
  const before = contentOf(stream);
  await stream.close();
  assert.deepEqual(contentOf(await place.open()), before);
});

onEveryMedium('blocking calls while others of the same kind are under way', async (_t, place) => {
  const stream = await place.open();
  const pending = [stream.allocate('16KiB', { name: 'a' })];
  const b = stream.allocateSync('16KiB', { name: 'b' });
  pending.push(stream.allocate('16KiB', { name: 'c' }));
  const appends = [b.append('1')];
  b.appendSync('2');
  appends.push(b.append('3'));
  stream.persistSync();
  const clearing = b.clear();
  const d = stream.allocateSync('16KiB', { name: 'd' });
  b.appendSync('after clearing');
  await Promise.all([...pending, ...appends, clearing]);
  assert.deepEqual(texts(b), ['after clearing']);
  const freeing = d.free();
  b.clearSync();
  await freeing;
  assert.deepEqual(Array.from(stream.regions(), (region) => region.name).sort(), ['a', 'b', 'c']);
  await rejects('VARVE_REGION_FREED', d.append('x'));
  await stream.close();
  const again = await place.open();
  assert.equal([...again.regions()].length, 3);
  assert.ok((await again.check()).ok);
});

/** Starts a bit of everything and waits for nothing. */
function startEverything(stream: Stream, region: Region): Promise<unknown>[] {
  const other = stream.region('other');
  return [
    region.append('a'),
    stream.allocate('8KiB'),
    region.append('b', { until: 'committed' }),
    stream.persist(),
    region.clear(),
    stream.check(),
    region.append('c'),
    other?.append('x') ?? Promise.resolve(),
    other?.free() ?? Promise.resolve(),
    stream.allocate('4KiB', { name: 'late' }),
    stream.whenPersisted(1e6),
    stream.whenCommitted(1e6),
    region.appendv(['d', 'e']),
  ];
}

for (const way of ['close', 'closeSync', 'close twice, then closeSync'] as const) {
  onEveryMedium(
    `${way} while everything is under way: all settles, what was acknowledged is there`,
    async (_t, place) => {
      const stream = await place.open();
      const region = await stream.allocate('64KiB', { name: 'r' });
      await stream.allocate('4KiB', { name: 'other' });
      region.reserve(10);
      region.clearSync();
      const started = startEverything(stream, region);
      const settled = settle(started);
      if (way === 'closeSync') stream.closeSync();
      else {
        const closings = [stream.close(), stream.close()];
        if (way !== 'close') stream.closeSync();
        await Promise.all(closings);
      }
      const outcomes = await settled;
      const again = await place.open();
      assert.ok((await again.check()).ok);
      const found = texts(again.region('r') ?? []);
      if (outcomes[6]?.status === 'fulfilled') assert.ok(found.includes('c'), 'c was acknowledged');
      if (outcomes[12]?.status === 'fulfilled') assert.ok(found.includes('de'), 'de was acknowledged');
      if (outcomes[4]?.status === 'fulfilled') assert.ok(!found.includes('a'), 'a was cleared away');
      assert.equal(again.region('late') !== undefined, outcomes[9]?.status === 'fulfilled');
    },
  );
}

test('appends waiting behind an open slot of a region that is freed or cleared are told', async (t) => {
  const stream = memoryStream(t);
  for (const end of ['free', 'clear'] as const) {
    const region = stream.allocateSync('16KiB');
    const slot = region.reserve(8);
    const behind = region.append('behind');
    assert.equal(await stateOf(behind), 'pending');
    const told = behind.then(
      () => 'fulfilled',
      (error: unknown) => isFailure(error, ['VARVE_REGION_FREED', 'VARVE_BUSY']) && 'told',
    );
    const ended = await region[end]().then(
      () => 'ended',
      (error: unknown) => isFailure(error, ['VARVE_BUSY']) && 'refused',
    );
    slot.cancel();
    assert.ok(ended === 'ended' ? (await told) === 'told' : (await told) === 'fulfilled', end);
  }
});

test('what is appended behind a free that nobody waited for is refused, not lost', async () => {
  const medium = new SimulatedMedium('64KiB', { slow: true });
  const stream = Stream.openSync(medium, { blockSize: 64 });
  const region = stream.allocateSync(256);
  const busy = stream.allocate(64);
  const freed = region.free();
  assert.throws(() => region.appendSync('too late'), { code: 'VARVE_REGION_FREED' });
  await Promise.all([busy, freed]);
  await stream.close();
});

test('a slot of an earlier life of a region does nothing to the new one', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('16KiB');
  const slot = region.reserve(100);
  try {
    region.clearSync();
  } catch (error) {
    assert.ok(isFailure(error, ['VARVE_BUSY']), String(error));
    return;
  }
  region.appendSync('new life');
  assert.throws(() => slot.data, VarveError);
  await slot.publish().then(
    () => assert.fail('the place is gone'),
    (error: unknown) => assert.ok(error instanceof VarveError, String(error)),
  );
  slot.cancel();
  region.appendSync('goes on');
  assert.deepEqual(texts(region), ['new life', 'goes on']);
});

onEveryMedium('appends are done in the order in which they were made, in whichever way', async (t, place) => {
  const stream = await place.open();
  t.after(() => stream.close());
  const region = await stream.allocate('16KiB');
  const log = await stream.log('ordered', { segmentSize: '16KiB' });
  const done: string[] = [];
  const note = (name: string) => () => done.push(name);
  const slot = region.reserve(4);
  const all = [
    region.append('behind').then(note('behind')),
    region.appendv(['behind', 'too']).then(note('behind too')),
    slot.publish().then(note('slot')),
    region.append('free').then(note('free')),
    log.append('first of the log').then(note('first of the log')),
    log.append('second').then(note('second')),
    log.appendv(['third']).then(note('third')),
    log.append('fourth').then(note('fourth')),
  ];
  await Promise.all(all);
  assert.deepEqual(
    done.filter((name) => !/slot|free|behind/.test(name)),
    ['first of the log', 'second', 'third', 'fourth'],
  );
  assert.deepEqual(
    done.filter((name) => /slot|free|behind/.test(name)),
    ['slot', 'behind', 'behind too', 'free'],
  );
});
