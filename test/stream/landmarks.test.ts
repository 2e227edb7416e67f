import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Region, Stream } from '../../src/index.js';
import { bytesReadBy } from '../helpers/io-count.js';
import { filePlaceOn, memoryStream, onEveryFile } from '../helpers/media.js';

const MIB = 2 ** 20;
const PAYLOAD = 20_000;
/** Landmarks come every 4 MiB: so many entries have several. */
const ENTRIES = 1100;
const REGION = 32 * MIB;

function payloadOf(number: number): Uint8Array {
  const data = new Uint8Array(PAYLOAD).fill(number);
  new DataView(data.buffer).setUint32(0, number);
  return data;
}

function numberOf({ data }: { data: Uint8Array }): number {
  return new DataView(data.buffer, data.byteOffset).getUint32(0);
}

/** Fills a region, in each of the ways that there are. Returns the timestamps. */
async function fill(stream: Stream, region: Region): Promise<number[]> {
  const timestamps: number[] = [];
  for (let i = 0; i < ENTRIES; i++) {
    const data = payloadOf(i);
    if (i % 3 === 0) timestamps.push(region.appendSync(data, { until: 'committed' }).timestamp);
    else if (i % 3 === 1) timestamps.push((await region.append(data)).timestamp);
    else {
      const [entry] = await stream.transaction((tx) => void tx.append(region, data));
      assert.ok(entry !== undefined);
      timestamps.push(entry.timestamp);
    }
  }
  return timestamps;
}

function assertReads(region: Region, timestamps: readonly number[]): void {
  const numbers = timestamps.map((_, i) => i);
  assert.deepEqual(Array.from(region.entries({ reverse: true }), numberOf), numbers.toReversed());
  assert.deepEqual(Array.from(region, numberOf), numbers);
  for (const [i, timestamp] of timestamps.entries()) {
    const entry = region.get(timestamp);
    assert.equal(entry && numberOf(entry), i);
  }
  const middle = Math.floor(ENTRIES / 2);
  const from = timestamps[middle] as number;
  assert.deepEqual(Array.from(region.entries({ from }), numberOf), numbers.slice(middle));
}

onEveryFile('a region of several landmarks is read from any place, in any order', async (_t, place) => {
  const stream = await place.open({ size: '40MiB' });
  const region = await stream.allocate(REGION, { name: 'r' });
  const timestamps = await fill(stream, region);
  assertReads(region, timestamps);
  await stream.close();

  const again = await place.open();
  // The other order of reading: what was verified here and there must not be taken for all.
  const found = again.region('r') as Region;
  for (const [i, timestamp] of timestamps.entries()) {
    if (i % 100 === 50) assert.equal(numberOf(found.get(timestamp) as { data: Uint8Array }), i);
  }
  assertReads(found, timestamps);
});

onEveryFile('after a crash, and after the region was cleared, too', async (_t, place) => {
  const stream = await place.open({ size: '40MiB' });
  const region = await stream.allocate(REGION, { name: 'r' });
  await fill(stream, region);
  await region.clear();
  const timestamps = await fill(stream, region);
  const copy = `${place.path}.copy`;
  copyFileSync(place.path, copy);
  const crashed = await Stream.open(copy, { mode: 'open' });
  assertReads(crashed.region('r') as Region, timestamps);
  const report = await crashed.check();
  assert.deepEqual(report.problems, []);
  await crashed.close();
});

onEveryFile(
  'damage before a landmark is found though what stands behind it was read first',
  async (_t, place) => {
    const stream = await place.open({ size: '40MiB' });
    const timestamps = await fill(stream, await stream.allocate(REGION, { name: 'r' }));
    await stream.close();
    const bytes = readFileSync(place.path);
    const damaged = bytes.indexOf(payloadOf(100));
    bytes[damaged + PAYLOAD - 1] = 0;
    writeFileSync(place.path, bytes);

    const region = (await place.open()).region('r') as Region;
    const numbers: number[] = [];
    assert.throws(
      () => {
        for (const entry of region.entries({ reverse: true })) numbers.push(numberOf(entry));
      },
      { code: 'VARVE_CORRUPT' },
    );
    assert.equal(numbers[0], ENTRIES - 1);
    assert.ok((numbers.at(-1) as number) > 100);
    assert.throws(() => [...region], { code: 'VARVE_CORRUPT' });
    const later = region.get(timestamps[900] as number);
    assert.equal(later && numberOf(later), 900);
  },
);

test('the newest entries of a region that was just opened are read without those before', async (t) => {
  const place = filePlaceOn(t, 'file', '40MiB');
  const stream = await place.open();
  const timestamps = await fill(stream, await stream.allocate(REGION, { name: 'r' }));
  await stream.close();
  const newest = await bytesReadBy(async () => {
    const region = (await place.open()).region('r') as Region;
    const [last] = region.entries({ reverse: true });
    assert.equal(last && numberOf(last), ENTRIES - 1);
    assert.equal(
      numberOf(region.get(timestamps[ENTRIES - 10] as number) as { data: Uint8Array }),
      ENTRIES - 10,
    );
  });
  if (newest === undefined) return t.skip('this system does not tell how much a process reads');
  assert.ok(newest < 6 * MIB, `${newest} bytes were read`);
});

for (const left of [0, 8, 40, 48, 56, 64, 72, 200]) {
  test(`what fits into a region goes in where a landmark is due and ${left} bytes would be left`, (t) => {
    const stream = memoryStream(t, '12MiB');
    const region = stream.allocateSync('8MiB');
    while (region.size - region.available < 4 * MIB) region.appendSync(new Uint8Array(500_000));
    const { available } = region;
    const data = new Uint8Array(Math.max(0, available - left));
    assert.equal(region.appendSync(data).data.length, data.length);
    assert.equal([...region].at(-1)?.data.length, data.length);
  });
}

test('where all fits exactly, all of it is used', (t) => {
  const stream = memoryStream(t, '12MiB');
  const region = stream.allocateSync('8MiB');
  while (region.size - region.available < 4 * MIB) region.appendSync(new Uint8Array(500_000));
  region.appendSync(new Uint8Array(region.available));
  assert.equal(region.available, 0);
});
