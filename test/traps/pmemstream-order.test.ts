/** Rows of the table of traps, by their titles: what pmemstream does with timestamps, reservations and waits. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { stateOf, texts, timestamps } from '../helpers/bytes.js';
import { fails } from '../helpers/errors.js';
import { FILE_KINDS, memoryStream, onEveryMedium, problemOf, temporaryDirectory } from '../helpers/media.js';
import { Ledger } from '../kill/ledger.js';
import { Life } from '../kill/life.js';
import { surveyOf } from '../kill/survey.js';

for (const kind of FILE_KINDS) {
  test(`Committed, then lost (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    const path = join(temporaryDirectory(t), 'lost');
    // It throws when it hears of a timestamp that readers have seen before.
    const ledger = new Ledger();
    for (let run = 1; run <= 4; run += 1) {
      const life = new Life({
        path,
        medium: kind,
        size: 2 ** 24,
        maxSize: 2 ** 24,
        run,
        seed: run,
        rests: false,
      });
      t.after(() => life.end());
      await life.toldLines(200);
      await life.kill();
      const before = ledger.greatest;
      ledger.begin(run);
      ledger.note(life.take());
      assert.ok(ledger.greatest > before);
    }
    const stream = await Stream.open(path, { medium: kind });
    ledger.verify(surveyOf(stream), true);
    const fresh = stream.allocateSync(4096).appendSync('fresh').timestamp;
    assert.ok(fresh > ledger.greatest);
    await stream.close();
  });
}

onEveryMedium('Reserved, never published', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  await region.append('before');
  region.reserve(100).data.fill(0x3f);
  const behind = Array.from({ length: 10 }, (_, index) => region.append(`behind ${index}`));
  assert.equal(await stateOf(Promise.race(behind)), 'pending', 'nothing behind it is acknowledged');
  assert.deepEqual(texts(region), ['before']);
  const outcomes = Promise.allSettled(behind);
  await stream.close();
  const acknowledged = (await outcomes).flatMap((one) =>
    one.status === 'fulfilled' ? [one.value.timestamp] : [],
  );
  const again = await place.open();
  const log = again.region(region.id);
  assert.ok(log !== undefined);
  const found = timestamps(log);
  for (const timestamp of acknowledged)
    assert.ok(found.includes(timestamp), `${timestamp} was acknowledged and is gone`);
  const before = texts(log);
  log.appendSync('after reopening');
  assert.deepEqual(texts(log), [...before, 'after reopening'], 'nothing is overwritten');
});

onEveryMedium('Published with another size than reserved', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const slot = region.reserve(16);
  slot.data.fill(0x61);
  fails('VARVE_ARGUMENT', () => slot.publishSync(17));
  fails('VARVE_ARGUMENT', () => slot.publishSync(4096));
  slot.publishSync(5);
  region.appendSync('b'.repeat(40));
  const larger = region.reserve(500);
  larger.data.fill(0x63);
  const behind = region.append('d'.repeat(30));
  larger.publishSync(2);
  await behind;
  assert.deepEqual(texts(region), ['aaaaa', 'b'.repeat(40), 'cc', 'd'.repeat(30)]);
  const { id } = region;
  await stream.close();
  assert.deepEqual(texts((await place.open()).region(id) ?? []), [
    'aaaaa',
    'b'.repeat(40),
    'cc',
    'd'.repeat(30),
  ]);
});

onEveryMedium('Waiting for a timestamp not given out', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const [wait, given] = [stream.whenPersisted(3), stream.whenCommitted(1000)];
  given.catch(() => {});
  await region.append('one');
  region.appendSync('two');
  assert.equal(await stateOf(wait), 'pending');
  await region.append('three');
  await wait;
  // The wait for 1000 is given up; nothing hangs on it.
  await Promise.all(Array.from({ length: 100 }, (_, index) => region.append(`${index}`)));
  assert.equal(stream.persisted, 103);
});

onEveryMedium('Asynchronous append, nobody waits', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  void region.append('nobody waits for this');
  void region.append('nor for this', { until: 'committed' });
  assert.deepEqual(texts(region), ['nobody waits for this', 'nor for this']);
  while (stream.persisted < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(timestamps(region.entries({ until: 'persisted' })), [1, 2]);
});

onEveryMedium('1024 operations in flight, one reservation, one appender per region', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('512KiB');
  const slots = Array.from({ length: 1500 }, (_, index) => {
    const slot = region.reserve(8);
    slot.data.set(Buffer.from(String(index).padStart(8, '0')));
    return slot;
  });
  const appends = Array.from({ length: 3000 }, (_, index) => region.append(`append ${index}`));
  const published = slots.toReversed().map((slot) => slot.publish());
  await Promise.all([...published, ...appends]);
  const expected = [
    ...Array.from({ length: 1500 }, (_, index) => String(index).padStart(8, '0')),
    ...Array.from({ length: 3000 }, (_, index) => `append ${index}`),
  ];
  assert.deepEqual(texts(region), expected);
  assert.equal(stream.persisted, 4500);
});

test('Iterator at the end of an empty region', (t) => {
  const stream = memoryStream(t);
  const [empty, filled] = [stream.allocateSync('16KiB'), stream.allocateSync('16KiB')];
  filled.appendSync('first');
  const walks = [empty, filled].map((region) => ({
    region,
    walk: region.entries(),
    cursor: region.cursor(),
  }));
  for (const { region, walk, cursor } of walks) {
    for (const _ of region) {
      walk.next();
      cursor.next();
    }
    assert.equal(cursor.next(), false);
  }
  const afterwards = walks.map(({ region, walk, cursor }) => {
    const ended = walk.next().done;
    region.appendSync('later');
    return {
      ended,
      walk: walk.next().done,
      cursor: cursor.next(),
      text: Buffer.from(cursor.data).toString(),
    };
  });
  assert.deepEqual(afterwards[0], afterwards[1], 'the same whether the region was empty or not');
  assert.deepEqual([afterwards[0]?.cursor, afterwards[0]?.text], [true, 'later']);
});
