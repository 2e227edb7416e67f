import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Log, Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { pattern, texts } from '../helpers/bytes.js';

const IMAGES = { exhaustive: 64, samples: 64, most: 96 };
const SEGMENT = 1024;

async function newLog(medium: SimulatedMedium): Promise<{ stream: Stream; log: Log }> {
  const stream = await Stream.open(medium, { blockSize: 512 });
  return { stream, log: await stream.log('orders', { segmentSize: SEGMENT }) };
}

/** Entries of 200 bytes, of which a segment holds few. */
function payload(i: number): Uint8Array {
  return new Uint8Array([...Buffer.from(`${i}`.padEnd(8)), ...pattern(192, i)]);
}

/** Whatever a crash takes of what nobody was told is durable, it takes from the end. */
async function assertLosesASuffix(
  medium: SimulatedMedium,
  run: (log: Log) => Promise<void>,
): Promise<number> {
  const { log } = await newLog(medium);
  const images: Uint8Array[] = [];
  medium.onDrain = () => images.push(...medium.crashImages(IMAGES));
  await run(log);
  medium.onDrain = undefined;
  const all = texts(log);
  const lengths = new Set<number>();
  for (const image of images) {
    const after = await newLog(SimulatedMedium.fromImage(image));
    const found = texts(after.log);
    assert.deepEqual(found, all.slice(0, found.length));
    lengths.add(found.length);
    after.stream.closeSync();
  }
  return lengths.size;
}

for (const granularity of [8, 512] as const) {
  test(`a crash takes entries that were only committed from the end, over segments (${granularity} bytes)`, async () => {
    const medium = new SimulatedMedium('64KiB', { granularity });
    const lengths = await assertLosesASuffix(medium, async (log) => {
      log.appendSync(payload(0));
      for (let i = 1; i < 14; i++) {
        if (i % 2 === 0) log.appendSync(payload(i), { until: 'committed' });
        else await log.append(payload(i), { until: 'committed' });
      }
      await log.append(payload(14));
    });
    assert.ok(lengths > 5);
  });
}

test('so it does where a slot was open while the log went on in a further segment', async () => {
  const medium = new SimulatedMedium('64KiB');
  const lengths = await assertLosesASuffix(medium, async (log) => {
    for (let i = 0; i < 3; i++) log.appendSync(payload(i), { until: 'committed' });
    const slot = log.reserve(200);
    slot.data.set(payload(3));
    const behind = Array.from({ length: 6 }, (_, i) => log.append(payload(4 + i), { until: 'committed' }));
    await slot.publish(200, { until: 'committed' });
    await Promise.all(behind);
    await log.append(payload(10));
  });
  assert.ok(lengths > 3);
});
