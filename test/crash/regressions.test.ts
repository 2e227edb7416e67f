import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { assertShows } from './examine.js';
import { assertSame, type Known, readAll, startsWith } from './known.js';

/** What the exploration has found once. Each of these lost or damaged something acknowledged. */

const SIZE = '16KiB';
const ALL = { exhaustive: 64, samples: 32 };

function newStream(medium: SimulatedMedium): Stream {
  return Stream.openSync(medium, { blockSize: 64 });
}

/** What is on a medium for certain. */
function durable(medium: SimulatedMedium): Uint8Array {
  const [image] = medium.crashImages({ exhaustive: 0 });
  return image as Uint8Array;
}

/** All drains of `run`. */
function crashPoints(medium: SimulatedMedium, run: () => void): CrashPoint[] {
  const points: CrashPoint[] = [];
  medium.onDrain = () => points.push(medium.crashPoint());
  run();
  medium.onDrain = undefined;
  points.push(medium.crashPoint());
  return points;
}

/** Opens what a crash left, crashes at each drain of that, and wants to see the same every time. */
function assertSurvivesRecovery(image: Uint8Array, expected: Known): number {
  const medium = SimulatedMedium.fromImage(image);
  let count = 0;
  for (const point of crashPoints(medium, () =>
    assertSame(readAll(Stream.openSync(medium)), expected, 'once'),
  )) {
    for (const left of point.images(ALL)) {
      count++;
      assertShows(left, expected, 'after a crash in recovery');
    }
  }
  return count;
}

/** The same for an append and a close after the opening: what was there before stays. */
function assertSurvivesGoingOn(image: Uint8Array, expected: Known): void {
  const medium = SimulatedMedium.fromImage(image);
  const points = crashPoints(medium, () => {
    const stream = Stream.openSync(medium);
    for (const region of stream.regions()) region.appendSync('more');
    stream.closeSync();
  });
  for (const left of points.flatMap((point) => [...point.images(ALL)])) {
    const found = readAll(Stream.openSync(SimulatedMedium.fromImage(left)));
    for (const { id, entries } of expected.values()) {
      assert.ok(startsWith(found.get(id)?.entries ?? [], entries), `region ${id} lost an entry`);
    }
  }
}

test('a copy that is torn is made whole before the other one is written', () => {
  for (const closed of [true, false]) {
    const medium = new SimulatedMedium(SIZE);
    const stream = newStream(medium);
    stream.allocateSync(256, { name: 'named' }).appendSync('acknowledged');
    const expected = readAll(stream);
    if (closed) stream.closeSync();
    const image = durable(medium);
    for (const start of [0, 512, 2048, 4096, 4096 + 512, 4096 + 2048]) {
      const torn = image.slice();
      torn.fill(0xee, start + 16, start + 24);
      assert.ok(assertSurvivesRecovery(torn, expected) > 2);
      assertSurvivesGoingOn(torn, expected);
    }
  }
});

test('a close that was cut short in its last step loses nothing in the next opening either', () => {
  const medium = new SimulatedMedium(SIZE);
  const stream = newStream(medium);
  stream.allocateSync(256).appendSync('acknowledged');
  const expected = readAll(stream);
  let count = 0;
  for (const point of crashPoints(medium, () => stream.closeSync())) {
    for (const image of point.images(ALL)) count += assertSurvivesRecovery(image, expected);
  }
  assert.ok(count > 100);
});

test('a region is there with its name, or not at all', () => {
  const medium = new SimulatedMedium(SIZE);
  const stream = newStream(medium);
  const points = crashPoints(medium, () => stream.allocateSync(64, { name: 'a name of more than one word' }));
  for (const point of points) {
    for (const image of point.images(ALL)) {
      const names = [...readAll(Stream.openSync(SimulatedMedium.fromImage(image))).values()];
      assert.ok(names.every(({ name }) => name === 'a name of more than one word'));
    }
  }
});

test('what is appended behind a clear that nobody waited for is not cleared with it', async () => {
  const medium = new SimulatedMedium(SIZE, { slow: true });
  const stream = newStream(medium);
  const region = stream.allocateSync(256);
  region.appendSync('of the old life');
  const busy = stream.allocate(64);
  const cleared = region.clear();
  const entry = await region.append('of the new life');
  const image = durable(medium);
  await Promise.all([busy, cleared]);
  await stream.close();
  for (const left of [image, durable(medium)]) {
    const found = Stream.openSync(SimulatedMedium.fromImage(left)).region(region.id);
    assert.deepEqual(
      [...(found ?? [])].map(({ timestamp, data }) => [timestamp, Buffer.from(data).toString()]),
      [[entry.timestamp, 'of the new life']],
    );
  }
});

test('what the next process reads after a kill survives a power cut, and so does what it stands beside', () => {
  const medium = new SimulatedMedium(SIZE);
  const stream = newStream(medium);
  const region = stream.allocateSync(256);
  region.appendSync('acknowledged');
  let count = 0;
  for (const point of crashPoints(medium, () => region.clearSync())) {
    const killed = SimulatedMedium.afterKill(point);
    let seen: Known | undefined;
    const further = crashPoints(killed, () => {
      const next = Stream.openSync(killed);
      seen = readAll(next);
      next.allocateSync(64);
    });
    for (const image of further.flatMap((within) => [...within.images(ALL)])) {
      count++;
      const found = readAll(Stream.openSync(SimulatedMedium.fromImage(image)));
      const entries = found.get(region.id)?.entries.length;
      assert.ok(entries === 0 || entries === 1);
    }
    const last = further.at(-1) as CrashPoint;
    for (const image of last.images(ALL)) {
      const found = readAll(Stream.openSync(SimulatedMedium.fromImage(image)));
      assert.deepEqual(found.get(region.id), seen?.get(region.id));
    }
  }
  assert.ok(count > 100);
});
