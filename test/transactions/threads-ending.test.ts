import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Region } from '../../src/index.js';
import { stateOf, texts } from '../helpers/bytes.js';
import { type KindName, onEveryMedium, type Place, placeOn, problemOf } from '../helpers/media.js';
import { type StopPlace, Thread } from '../threads/thread.js';

const REGIONS = 3;
const ROUNDS = 2;

/** Where a thread ends in the midst of a transaction of three regions, whether that counts then, and whether others wait for it. */
type End = readonly [place: StopPlace, nth: number, counts: boolean, waits: boolean];

const LOCKED: End = ['SharedLock.acquire', 3, false, false];
const NOTED: End = ['TransactionRecord.carryOut', 1, false, false];
const COUNTS: End = ['TransactionRecord.finish', 1, true, true];
const HALF_DONE: End = ['CommitRecord.advance', 2, true, true];
const DONE: End = ['SharedLock.release', 1, true, false];
const HALF_LEFT: End = ['SharedLock.release', 3, true, false];
/** Where storing is all there is, one medium stands for the others. */
const ENDS: Record<KindName, readonly End[]> = {
  memory: [LOCKED, NOTED, COUNTS, HALF_DONE, DONE, HALF_LEFT],
  file: [
    ['FileAppendExtent.put', 3, false, false],
    NOTED,
    ['FileMedium.poke', 1, true, true],
    ['FileMedium.poke', 3, true, true],
    HALF_DONE,
  ],
  'page-cache': [HALF_DONE],
  pmem: [NOTED, COUNTS],
};

async function open(t: TestContext, place: Place, size: string) {
  const stream = await place.open();
  const regions: Region[] = [];
  for (let index = 0; index < REGIONS; index += 1) regions.push(await stream.allocate(size));
  const reader = await Thread.attach(t, stream);
  return { stream, regions, reader, ids: regions.map(({ id }) => id) };
}

/** Starts a thread that stops for ever in the midst of a transaction, and resolves when it is there. */
async function stopped(t: TestContext, handle: unknown, ids: number[], [place, nth]: End): Promise<Thread> {
  const thread = await Thread.attach(t, { handle });
  const arrived = new SharedArrayBuffer(8);
  await thread.do('stopAt', place, nth, arrived);
  thread.do('transactSync', ids, `ended at ${place} ${nth}`).catch(() => {});
  await Atomics.waitAsync(new Int32Array(arrived), 0, 0).value;
  return thread;
}

for (const [kind, ends] of Object.entries(ENDS) as [KindName, readonly End[]][]) {
  test(`a thread that is ended within a transaction leaves all of it or nothing (${kind})`, async (t) => {
    const problem = problemOf(kind);
    if (problem !== undefined) return t.skip(problem);
    const place = placeOn(t, kind);
    const { stream, regions, reader, ids } = await open(t, place, '64KiB');
    const expected: string[] = [];
    for (const end of ends) {
      const [where, nth, counts, waits] = end;
      const title = `${where} ${nth}`;
      const thread = await stopped(t, stream.share(), ids, end);
      const seen = reader.do('texts', 0);
      if (waits) assert.equal(await stateOf(seen), 'pending', title);
      else if (!counts) assert.deepEqual(await seen, expected, title);
      await thread.terminate();
      if (counts) expected.push(...ids.map(() => `ended at ${title}`));
      if (waits) assert.deepEqual(await seen, expected, title);
      // What the thread held is free, and no timestamp is given out twice.
      const text = `after ${title}`;
      const given = stream.transactionSync((tx) => {
        for (const region of regions.toReversed()) tx.append(region, text);
      });
      expected.push(text, text, text);
      assert.equal(given.at(-1)?.timestamp, expected.length, title);
      assert.deepEqual(texts(stream.entries()), expected, title);
      assert.deepEqual(await reader.do('texts', 0), expected, title);
    }
    for (const region of regions.slice(1)) assert.deepEqual(texts(region), texts(regions[0] as Region));
    if (place.path === undefined) return;
    const other = await place.open({ readOnly: true });
    assert.deepEqual(texts(other.entries()), expected);
    await reader.terminate();
    await stream.close();
    const again = await place.open();
    assert.deepEqual(texts(again.entries()), expected);
    assert.deepEqual((await again.check()).problems, []);
  });
}

onEveryMedium(
  'threads that are terminated in the midst of transactions leave all of each or nothing, and none is ever seen in part',
  async (t, place) => {
    const { stream, regions, reader, ids } = await open(t, place, '4MiB');
    const [first, second, third] = regions as [Region, Region, Region];
    for (let round = 0; round < ROUNDS; round += 1) {
      const writers = await Promise.all([Thread.attach(t, stream), Thread.attach(t, stream)]);
      for (const [index, writer] of writers.entries()) {
        const text = `writer ${index} of round ${round}, `;
        writer.do('transactForEver', index === 0 ? ids : ids.toReversed(), text).catch(() => {});
      }
      const compared = reader.do('compareCounts', ids, 1000);
      const seen = [first, second, third, second, first].map(({ entryCount }) => entryCount);
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
      );
      await stream.whenCommitted(stream.committed + 100 * (round + 1));
      for (const writer of writers) await writer.terminate();
      await compared;
      first.appendSync('between');
      stream.transactionSync((tx) => {
        tx.append(second, 'between');
        tx.append(third, 'between');
      });
    }
    const entries = texts(first);
    assert.deepEqual(texts(second), entries);
    assert.deepEqual(texts(third), entries);
    assert.equal(texts(stream.entries()).length, REGIONS * entries.length);
    if (place.path === undefined) return;
    await reader.terminate();
    await stream.close();
    const again = await place.open();
    for (const id of ids) assert.deepEqual(texts(again.region(id) ?? []), entries);
    assert.deepEqual((await again.check()).problems, []);
  },
  '16MiB',
);
