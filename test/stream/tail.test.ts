import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry, Region } from '../../src/index.js';
import { stateOf, turn } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { memoryStream, onEveryMedium } from '../helpers/media.js';

/** Follows until `count` entries have come, then leaves the loop. */
async function take(tail: AsyncIterable<Entry>, count: number): Promise<string[]> {
  const seen: string[] = [];
  if (count === 0) return seen;
  for await (const entry of tail) {
    seen.push(entry.text());
    if (seen.length === count) break;
  }
  return seen;
}

onEveryMedium('a tail of a region gives what is there and wakes on what comes', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const other = await stream.allocate('64KiB');
  for (const text of ['a', 'b']) region.appendSync(text);
  const following = take(region.tail(), 6);
  await turn();
  other.appendSync('elsewhere');
  region.appendSync('c');
  await turn();
  region.appendSync('d', { until: 'committed' });
  await region.append('e');
  const slot = region.reserve(1);
  slot.data.set([0x66]);
  await turn();
  slot.publishSync();
  assert.deepEqual(await following, ['a', 'b', 'c', 'd', 'e', 'f']);
});

onEveryMedium('a tail of the stream follows all regions, also those that come later', async (_t, place) => {
  const stream = await place.open();
  const region = await stream.allocate('64KiB');
  const following = take(stream.tail(), 5);
  region.appendSync('a');
  await turn();
  const late = await stream.allocate('64KiB');
  late.appendSync('b');
  region.appendSync('c');
  await turn();
  late.appendSync('d');
  await region.append('e', { until: 'committed' });
  assert.deepEqual(await following, ['a', 'b', 'c', 'd', 'e']);
});

onEveryMedium(
  'a tail of the stream that looks while a region is allocated follows it, too',
  async (_t, place) => {
    const stream = await place.open();
    const region = await stream.allocate('64KiB');
    region.appendSync('a');
    const seen = new Set<string>();
    const followed = (async () => {
      for await (const entry of stream.tail()) {
        seen.add(entry.text());
        if (seen.has('end')) break;
      }
    })();
    let late: Region | undefined;
    const allocating = stream.allocate('64KiB').then((allocated) => {
      late = allocated;
    });
    for (let count = 0; late === undefined && count < 1000; count += 1) {
      region.appendSync('x', { until: 'committed' });
      await turn();
    }
    await allocating;
    late?.appendSync('late');
    region.appendSync('end');
    await followed;
    assert.deepEqual([...seen], ['a', 'x', 'late', 'end']);
  },
);

test('a tail starts where it is told to, also in the future', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  for (let index = 1; index <= 5; index += 1) region.appendSync(`${index}`);
  const [here, later, all] = [
    take(region.tail({ from: 4 }), 4),
    take(region.tail({ from: 7 }), 1),
    take(stream.tail({ from: 5 }), 2),
  ];
  await turn();
  for (let index = 6; index <= 8; index += 1) region.appendSync(`${index}`);
  assert.deepEqual(await Promise.all([here, later, all]), [['4', '5', '6', '7'], ['7'], ['5', '6']]);
});

test('a tail waits at an open slot', async (t) => {
  const region = memoryStream(t).allocateSync('64KiB');
  const slot = region.reserve(4);
  slot.data.set(Buffer.from('slot'));
  const behind = region.append('behind');
  const following = take(region.tail(), 2);
  assert.equal(await stateOf(following), 'pending');
  slot.publishSync();
  await behind;
  assert.deepEqual(await following, ['slot', 'behind']);
});

/** Follows to the end, which only the tail's signal brings. */
async function untilTheEnd(tail: AsyncIterable<Entry>, onFirst: () => void): Promise<string[]> {
  const seen: string[] = [];
  for await (const entry of tail) {
    if (seen.push(entry.text()) === 1) onFirst();
  }
  return seen;
}

test('an AbortSignal ends a tail, waiting or not', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  region.appendSync('only');
  for (const follow of [region.tail.bind(region), stream.tail.bind(stream)]) {
    const controller = new AbortController();
    const ended = untilTheEnd(follow({ signal: controller.signal }), () => {
      setImmediate(() => controller.abort());
    });
    assert.deepEqual(await ended, ['only']);
    assert.deepEqual(await untilTheEnd(follow({ signal: AbortSignal.abort() }), () => {}), []);
  }
});

test('leaving a tail early holds nothing', async (t) => {
  const stream = memoryStream(t);
  const region = stream.allocateSync('64KiB');
  region.appendSync('a');
  const tails = [region.tail(), stream.tail()].map((tail) => tail[Symbol.asyncIterator]());
  for (const tail of tails) {
    assert.equal((await tail.next()).value?.text(), 'a');
    await tail.return?.();
    assert.equal((await tail.next()).done, true);
  }
  region.appendSync('b');
  await stream.close();
});

test('many tails at once, each sees everything', async (t) => {
  const region = memoryStream(t).allocateSync('256KiB');
  const following = Array.from({ length: 50 }, () => take(region.tail(), 100));
  for (let index = 0; index < 100; index += 1) {
    region.appendSync(`${index}`, { until: 'committed' });
    if (index % 10 === 0) await turn();
  }
  const all = Array.from({ length: 100 }, (_, index) => `${index}`);
  for (const seen of await Promise.all(following)) assert.deepEqual(seen, all);
});

onEveryMedium(
  'closing the stream and freeing the region end a waiting tail with an error',
  async (_t, place) => {
    const stream = await place.open();
    const freed = await stream.allocate(4096);
    const kept = await stream.allocate(4096);
    const waiting = [take(freed.tail(), 1), take(kept.tail(), 1), take(stream.tail(), 1)].map((promise) =>
      promise.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
    await turn();
    await freed.free();
    await stream.close();
    const [ofFreed, ofKept, ofStream] = await Promise.all(waiting);
    await rejects('VARVE_REGION_FREED', Promise.reject(ofFreed));
    await rejects('VARVE_CLOSED', Promise.reject(ofKept));
    await rejects('VARVE_CLOSED', Promise.reject(ofStream));
  },
);

test('appending from inside a tail goes on and on', async (t) => {
  const region = memoryStream(t).allocateSync('256KiB');
  region.appendSync('0');
  const seen: string[] = [];
  for await (const entry of region.tail()) {
    if (seen.push(entry.text()) === 50) break;
    await region.append(`${seen.length}`);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 50 }, (_, index) => `${index}`),
  );
});
