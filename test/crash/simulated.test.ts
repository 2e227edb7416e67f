import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Extent, Medium } from '../../src/media/medium.js';
import { mediumConformance, SimulatedMedium, type SimulatedOptions } from '../../src/testing/index.js';

mediumConformance({
  name: 'simulated',
  test,
  create: (size) => new SimulatedMedium(size),
  reopen: (closed) => closed,
});

mediumConformance({
  name: 'simulated, nothing but what is durable',
  test,
  create: (size) => new SimulatedMedium(size, { granularity: 512, slow: true }),
  reopen: (closed) => SimulatedMedium.fromImage(durableOf(closed)),
});

function durableOf(medium: Medium): Uint8Array {
  assert.ok(medium instanceof SimulatedMedium);
  const [durable] = medium.crashImages({ exhaustive: 0 });
  return durable as Uint8Array;
}

/** A medium of few bytes, with one extent over all of it. */
function bench(size: number, options?: SimulatedOptions): { medium: SimulatedMedium; extent: Extent } {
  const medium = new SimulatedMedium(size, options);
  return { medium, extent: medium.open(0, size) };
}

function put(extent: Extent, position: number, value: number, length = 8): void {
  extent.write(position, length).bytes.fill(value, position, position + length);
}

/** The first byte of each of these words, in every image, each image once, sorted. */
function outcomes(medium: SimulatedMedium, words: readonly number[]): string[] {
  const images = [...medium.crashImages()];
  return [...new Set(images.map((image) => words.map((at) => image[at]).join(' ')))].sort();
}

test('words that were stored may survive a crash in any combination, flushed or not', () => {
  const { medium, extent } = bench(64);
  put(extent, 0, 1);
  put(extent, 16, 2);
  extent.flush(16, 24);
  assert.deepEqual(outcomes(medium, [0, 8, 16]), ['0 0 0', '0 0 2', '1 0 0', '1 0 2']);
  assert.deepEqual(medium.pendingIn(0, 64), [0, 16]);
});

test('what was flushed and drained survives, as it was when it was flushed; what came later may', () => {
  const { medium, extent } = bench(64);
  put(extent, 0, 1);
  put(extent, 8, 2);
  extent.flush(0, 16);
  put(extent, 8, 3);
  assert.deepEqual(outcomes(medium, [0, 8]), ['0 0', '0 2', '0 3', '1 0', '1 2', '1 3']);
  medium.drainSync();
  assert.deepEqual(outcomes(medium, [0, 8]), ['1 2', '1 3']);
  assert.deepEqual(medium.pendingIn(0, 64), [8]);
});

test('a drain covers the flushes before it began, however late it ends', async () => {
  const { medium, extent } = bench(64, { slow: true });
  put(extent, 0, 1);
  extent.flush(0, 8);
  const first = medium.drain();
  put(extent, 0, 2);
  extent.flush(0, 8);
  put(extent, 8, 3);
  extent.flush(8, 16);
  assert.deepEqual(outcomes(medium, [0]), ['0', '1', '2']);
  await first;
  assert.deepEqual(outcomes(medium, [0, 8]), ['1 0', '1 3', '2 0', '2 3']);
  const second = medium.drain();
  medium.drainSync();
  assert.deepEqual(outcomes(medium, [0, 8]), ['2 3']);
  put(extent, 0, 4);
  await second;
  assert.deepEqual(outcomes(medium, [0, 8]), ['2 3', '4 3']);
});

test('where stores are watched, what was stored over may survive too, until a drain makes something newer durable', () => {
  const { medium, extent } = bench(64, { watchStores: true });
  const { bytes, words } = extent.write(0, 64);
  words[0] = 1;
  bytes.set([2, 0, 0, 0], 0);
  bytes.subarray(8, 16).fill(3);
  bytes.subarray(8, 16)[0] = 4;
  assert.deepEqual(outcomes(medium, [0]), ['0', '1', '2']);
  assert.deepEqual(outcomes(medium, [8, 9]), ['0 0', '3 3', '4 3']);
  extent.flush(0, 16);
  words[0] = 5;
  words[0] = 6;
  medium.drainSync();
  assert.deepEqual(outcomes(medium, [0]), ['2', '5', '6']);
  assert.deepEqual(outcomes(medium, [8]), ['4']);
  assert.throws(() => new SimulatedMedium(64, { granularity: 512, watchStores: true }), RangeError);
});

test('sectors survive in any version, and torn', () => {
  const { medium, extent } = bench(1024, { granularity: 512 });
  put(extent, 0, 1, 1024);
  extent.flush(0, 1024);
  put(extent, 0, 2, 512);
  const images = [...medium.crashImages()];
  const firsts = new Set(images.map((image) => `${image[0]} ${image[511]} ${image[512]} ${image[1023]}`));
  for (const expected of ['0 0 0 0', '1 1 0 0', '2 2 0 0', '2 2 1 1', '1 0 0 0', '0 2 1 0'])
    assert.ok(firsts.has(expected), expected);
  medium.drainSync();
  const after = [...medium.crashImages()];
  assert.ok(after.every((image) => image[512] === 1 && image[1023] === 1 && (image[0] ?? 0) >= 1));
});

test('where the combinations are many, a sample is drawn that follows from its seed', () => {
  const { medium, extent } = bench(1024);
  put(extent, 0, 1, 1024);
  const draw = (seed: number): string[] =>
    [...medium.crashImages({ seed, samples: 10 })].map((image) => Buffer.from(image).toString('hex'));
  const drawn = draw(5);
  assert.equal(drawn.length, 2 + 3 * 128 + (128 * 127) / 2 + 10);
  assert.deepEqual(draw(5), drawn);
  assert.notDeepEqual(draw(6), drawn);
  assert.ok(drawn.includes('00'.repeat(1024)) && drawn.includes('01'.repeat(1024)));
});

test('every image comes once where all are made', () => {
  const { medium, extent } = bench(128);
  for (let i = 0; i < 10; i++) put(extent, i * 8, 1);
  const images = [...medium.crashImages()].map((image) => Buffer.from(image).toString('hex'));
  assert.equal(images.length, 1024);
  assert.equal(new Set(images).size, 1024);
});

test('closing is no crash: what was stored is still there, and still not durable', () => {
  const { medium, extent } = bench(64);
  medium.publish();
  put(extent, 0, 7);
  medium.close();
  assert.equal(medium.isNew, false);
  assert.deepEqual(outcomes(medium, [0]), ['0', '7']);
  assert.equal(medium.open(0, 64).read(0, 8, 64).bytes[0], 7);
});

test('a crash point stays what it was', () => {
  const { medium, extent } = bench(64);
  put(extent, 0, 1);
  const point = medium.crashPoint();
  put(extent, 0, 2);
  extent.flush(0, 8);
  medium.drainSync();
  assert.deepEqual(
    [...point.images()].map((image) => image[0]),
    [0, 1],
  );
  assert.equal(point.inDoubt, 1);
});
