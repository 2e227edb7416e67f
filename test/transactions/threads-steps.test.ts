import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { attachCore } from '../../src/core/shared/share.js';
import type { SharedLog } from '../../src/core/shared/shared-log.js';
import { takeSync } from '../../src/core/steps.js';
import { type Region, Stream, VarveError } from '../../src/index.js';
import { FileMedium } from '../../src/media/file.js';
import { FileAppendExtent } from '../../src/media/file-extent.js';
import { texts } from '../helpers/bytes.js';
import { fails, rejects } from '../helpers/errors.js';
import { FILE_KINDS, filePlaceOn, onEveryFile, onEveryMedium, problemOf } from '../helpers/media.js';
import { Thread } from '../threads/thread.js';

/** A stream of three regions, and a thread that has come to its end at that step of a transaction. */
async function ended(t: TestContext, kind: (typeof FILE_KINDS)[number], place: 'TransactionRecord.carryOut') {
  const disk = filePlaceOn(t, kind);
  const stream = await disk.open();
  const regions = [0, 1, 2].map(() => stream.allocateSync('64KiB')) as [Region, Region, Region];
  for (const region of regions) region.appendSync('before');
  const thread = await Thread.attach(t, stream);
  const arrived = new SharedArrayBuffer(8);
  await thread.do('stopAt', place, 1, arrived);
  thread
    .do(
      'transactSync',
      regions.map(({ id }) => id),
      'never',
    )
    .catch(() => {});
  await Atomics.waitAsync(new Int32Array(arrived), 0, 0).value;
  await thread.terminate();
  return { disk, stream, regions };
}

for (const kind of FILE_KINDS) {
  test(`what a thread has stored of a transaction that does not count never comes to life (${kind})`, async (t) => {
    const problem = problemOf(kind);
    if (problem !== undefined) return t.skip(problem);
    const { disk, stream, regions } = await ended(t, kind, 'TransactionRecord.carryOut');
    // The same timestamp, and as long as the part that stood there: what may stand in the other regions would make it whole.
    assert.equal(regions[0].appendSync('again').timestamp, 4);
    const expected = ['before', 'before', 'before', 'again'];
    const reader = await disk.open({ readOnly: true });
    assert.deepEqual(texts(reader.entries()), expected);
    await reader.close();
    const copy = `${disk.path}.copy`;
    copyFileSync(disk.path, copy);
    const after = await Stream.open(copy, { medium: kind });
    assert.deepEqual(texts(after.entries()), expected);
    for (const { id } of regions.slice(1)) assert.deepEqual(texts(after.region(id) ?? []), ['before']);
    await after.close();
    assert.equal(regions[1].appendSync('on').timestamp, 5);
    assert.deepEqual(texts(stream.entries()), [...expected, 'on']);
  });
}

onEveryFile('no transaction is persisted in part, in whichever order its regions are', async (_t, place) => {
  const stream = await place.open();
  const [first, second] = [stream.allocateSync('64KiB'), stream.allocateSync('64KiB')];
  // Stands for another thread, with nothing between two of its steps but what the test does.
  const other = attachCore(stream.share().core);
  const [one, two] = [first, second].map(({ id }) => other.regions.get(id)?.appender as SharedLog);
  assert.ok(one && two);
  for (const [early, late] of [
    [one, two],
    [two, one],
  ] as const) {
    for (const region of [first, second]) region.appendSync('before', { until: 'committed' });
    const before = stream.committed;
    const sealed = early.durability.seal();
    stream.transactionSync(
      (tx) => {
        tx.append(late === one ? first : second, 'part');
        tx.append(late === one ? second : first, 'part');
      },
      { until: 'committed' },
    );
    const sealedLate = late.durability.seal();
    other.medium.drainSync();
    early.durability.drained(sealed);
    late.durability.drained(sealedLate);
    assert.equal(stream.persisted, before);
    assert.equal(texts(first.entries({ until: 'persisted' })).at(-1), 'before');
    assert.equal(texts(second.entries({ until: 'persisted' })).at(-1), 'before');
    stream.persistSync();
    assert.equal(stream.persisted, before + 2);
  }
  takeSync(other.close(), other.medium);
});

onEveryMedium('what was committed together is seen together, by a check, too', async (_t, place) => {
  const stream = await place.open();
  const [first, second] = [stream.allocateSync('64KiB'), stream.allocateSync('64KiB')];
  const other = attachCore(stream.share().core);
  const [one, two] = [first, second].map(({ id }) => other.regions.get(id)?.appender as SharedLog);
  assert.ok(one && two);
  assert.deepEqual([one.pull(), two.pull()], [false, false]);
  stream.transactionSync((tx) => {
    tx.append(second, 'part');
    tx.append(first, 'part');
  });
  assert.deepEqual([one.pull(), two.pull()], [true, true]);
  const { entries, bytes, problems } = await stream.check();
  assert.deepEqual([entries, bytes, problems], [2, 8, []]);
  takeSync(other.close(), other.medium);
});

function broken(): never {
  throw new VarveError('VARVE_IO', 'a test lets this write fail');
}

test('a transaction that cannot be written has not happened', async (t) => {
  const stream = await filePlaceOn(t, 'file').open();
  const regions = [stream.allocateSync('64KiB'), stream.allocateSync('64KiB')];
  stream.share();
  const append = (text: string) =>
    stream.transactionSync((tx) => {
      for (const region of regions) tx.append(region, text);
    });
  const writes = t.mock.method(FileAppendExtent.prototype, 'put', broken, { times: 1 });
  fails('VARVE_IO', () => append('failed'));
  writes.mock.restore();
  assert.deepEqual(
    append('done').map(({ timestamp }) => timestamp),
    [1, 2],
  );
  assert.deepEqual(texts(stream.entries()), ['done', 'done']);
});

test('a transaction that counts and cannot be written is ended by another thread, and never acknowledged', async (t) => {
  const place = filePlaceOn(t, 'file');
  const stream = await place.open();
  const regions = [stream.allocateSync('64KiB'), stream.allocateSync('64KiB')];
  const thread = await Thread.attach(t, stream);
  t.mock.method(FileMedium.prototype, 'poke', broken);
  fails('VARVE_POISONED', () =>
    stream.transactionSync((tx) => {
      for (const region of regions) tx.append(region, 'half');
    }),
  );
  for (const read of [() => texts(stream.entries()), () => stream.committed]) fails('VARVE_POISONED', read);
  // That thread's writes reach the file.
  assert.deepEqual(await thread.do('texts', 0), ['half', 'half']);
  await rejects('VARVE_POISONED', thread.do('append', regions[0]?.id ?? 0, 'no more'));
  fails('VARVE_POISONED', () => regions[0]?.appendSync('no more'));
  t.mock.restoreAll();
  await Promise.all([thread.do('close'), stream.close()].map((close) => rejects('VARVE_POISONED', close)));
  await thread.terminate();
  assert.deepEqual(texts((await place.open()).entries()), ['half', 'half']);
});
