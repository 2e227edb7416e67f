import assert from 'node:assert/strict';
import type { Gap, Log } from '../../src/index.js';
import { texts, timestamps } from '../helpers/bytes.js';
import { rejects } from '../helpers/errors.js';
import { onEveryFile } from '../helpers/media.js';

const SEGMENT = { segmentSize: 4096 } as const;

function appendAll(log: Log, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => log.appendSync(`${from + index}`).timestamp);
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `${from + index}`);
}

async function take(entries: AsyncIterator<{ text(): string }>, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) taken.push((await entries.next()).value.text());
  return taken;
}

onEveryFile(
  'a reader of another process follows a log over its segments, and over a trim',
  async (_, place) => {
    const writer = await place.open();
    const log = await writer.log('orders', SEGMENT);
    const all = appendAll(log, 0, 100);
    const reader = await place.open({ readOnly: true });
    const read = await reader.log('orders');
    const gaps: Gap[] = [];
    const following = read.tail({ onGap: (gap) => gaps.push(gap) });
    assert.deepEqual(await take(following, 100), numbers(0, 100));
    const next = take(following, 300);
    all.push(...appendAll(log, 100, 400));
    assert.deepEqual(await next, numbers(100, 400));
    assert.deepEqual(timestamps(read), all);
    assert.deepEqual(timestamps(read.entries({ reverse: true })), all.toReversed());
    assert.deepEqual(read.get(all[222] ?? 0)?.text(), '222');
    assert.deepEqual([read.first, read.last, read.entryCount], [log.first, log.last, 400]);
    all.push(...appendAll(log, 400, 800));
    await log.trim({ before: all[700] ?? 0 });
    assert.deepEqual(await take(following, 100), numbers(700, 800));
    assert.deepEqual(gaps, [{ from: (all[399] ?? 0) + 1, to: all[699] }]);
    assert.deepEqual([read.first, read.entryCount, read.bytes], [log.first, 100, log.bytes]);
    assert.deepEqual(texts(reader.entries()), numbers(700, 800));
    await following.return();
    await rejects('VARVE_READ_ONLY', read.append('x'));
    await reader.close();
  },
);

onEveryFile(
  'a reader of another process sees what was taken from the end, and goes on behind it',
  async (_, place) => {
    const writer = await place.open();
    const log = await writer.log('orders', SEGMENT);
    const all = appendAll(log, 0, 300);
    const reader = await place.open({ readOnly: true });
    const read = await reader.log('orders');
    const following = read.tail();
    assert.deepEqual(await take(following, 300), numbers(0, 300));
    await log.truncateAfter(all[150] ?? 0);
    appendAll(log, 900, 950);
    assert.deepEqual(await take(following, 50), numbers(900, 950));
    assert.deepEqual(texts(read), [...numbers(0, 151), ...numbers(900, 950)]);
    assert.deepEqual(texts(reader.entries()), [...numbers(0, 151), ...numbers(900, 950)]);
    assert.equal(read.entryCount, 201);
    await log.free();
    await rejects('VARVE_REGION_FREED', following.next());
    assert.deepEqual(reader.logs(), []);
    await rejects('VARVE_NOT_FOUND', reader.log('orders'));
    await reader.close();
  },
);

onEveryFile('a reader does not leave a segment in which a slot is open', async (_, place) => {
  const writer = await place.open();
  const log = await writer.log('orders', SEGMENT);
  log.appendSync('first');
  const reader = await place.open({ readOnly: true });
  const following = (await reader.log('orders')).tail();
  assert.deepEqual(await take(following, 1), ['first']);
  const slot = log.reserve(3000);
  const later = log.append('later'.padEnd(3000));
  const two = take(following, 2);
  slot.data.set(Buffer.from('slot'));
  await slot.publish(4);
  await later;
  assert.deepEqual(
    (await two).map((text) => text.trim()),
    ['slot', 'later'],
  );
  await following.return();
  await reader.close();
});
