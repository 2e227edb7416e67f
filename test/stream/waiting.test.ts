import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateOf, texts } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

onEveryMedium(
  'whenCommitted and whenPersisted: at once for what is, later for what comes',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('64KiB');
    await stream.whenCommitted(0);
    await stream.whenPersisted(0);
    const { timestamp } = await region.append('one');
    await stream.whenCommitted(timestamp);
    await stream.whenPersisted(timestamp);

    const [committed, persisted, further] = [
      stream.whenCommitted(3),
      stream.whenPersisted(3),
      stream.whenCommitted(4),
    ];
    region.appendSync('two', { until: 'committed' });
    assert.equal(await stateOf(Promise.race([committed, persisted, further])), 'pending');
    region.appendSync('three', { until: 'committed' });
    await committed;
    assert.equal(stream.committed, 3);
    await persisted;
    assert.ok(stream.persisted >= 3);
    assert.equal(await stateOf(further), 'pending');
    await region.append('four');
    await further;
  },
);

onEveryMedium('what was only committed becomes persisted without anybody asking', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  for (let index = 0; index < 100; index += 1) region.appendSync(`${index}`, { until: 'committed' });
  await stream.whenPersisted(100);
  assert.equal(stream.persisted, 100);
  const slot = region.reserve(1);
  slot.data.set([0x78]);
  await slot.publish(1, { until: 'committed' });
  await region.append('last', { until: 'committed' });
  await stream.whenPersisted(102);
  assert.equal(stream.persisted, 102);
});

onEveryMedium('persist and persistSync make everything committed persisted', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  stream.persistSync();
  await stream.persist();
  region.appendSync('a', { until: 'committed' });
  stream.persistSync();
  assert.equal(stream.persisted, 1);
  region.appendSync('b', { until: 'committed' });
  await stream.persist();
  assert.equal(stream.persisted, 2);
  const both = [stream.persist(), region.append('c'), stream.persist()];
  stream.persistSync();
  assert.equal(stream.persisted, 3);
  await Promise.all(both);
  assert.deepEqual(texts(region.entries({ until: 'persisted' })), ['a', 'b', 'c']);
});

test('persisted never runs ahead of committed, timestamps never go back', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('256KiB');
  const pending: Promise<unknown>[] = [];
  let [committed, persisted] = [0, 0];
  for (let index = 0; index < 500; index += 1) {
    if (index % 3 === 0) pending.push(region.append('x'));
    else region.appendSync('y', { until: 'committed' });
    if (index % 17 === 0) await stateOf(Promise.resolve(), 1);
    assert.ok(
      stream.committed >= committed && stream.persisted >= persisted && stream.persisted <= stream.committed,
    );
    [committed, persisted] = [stream.committed, stream.persisted];
  }
  await Promise.all(pending);
});

onEveryMedium(
  'waits that nobody waits for any more hold nothing; closing rejects them',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('64KiB');
    const waits = [
      stream.whenCommitted(1e6),
      stream.whenPersisted(1e6),
      stream.whenPersisted(Number.MAX_SAFE_INTEGER),
    ];
    await Promise.race([...waits, region.append('goes on')]);
    assert.equal(region.appendSync('and on').timestamp, 2);
    const closed = stream.close();
    for (const wait of waits) await rejects('VARVE_CLOSED', wait);
    await closed;
  },
);

test('only timestamps can be waited for', async (t) => {
  const stream = memoryStream(t);
  for (const wrong of [-1, 0.5, Number.NaN, Infinity, 2 ** 53, '1', 1n, undefined, null, {}] as number[]) {
    await rejects('VARVE_ARGUMENT', stream.whenCommitted(wrong));
    await rejects('VARVE_ARGUMENT', stream.whenPersisted(wrong));
  }
});

test('the same timestamp may be waited for many times', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  const waits = Array.from({ length: 3000 }, (_, index) => [
    stream.whenCommitted(1 + (index % 3)),
    stream.whenPersisted(3),
  ]).flat();
  for (const text of ['a', 'b', 'c']) region.appendSync(text, { until: 'committed' });
  await Promise.all(waits);
  assert.ok(stream.persisted >= 3);
});
