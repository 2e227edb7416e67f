import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream, type StreamOptions } from '../../src/index.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';

const SIZE = 128 * 1024;
const IMAGES = { exhaustive: 64, samples: 60, most: 200 };

/** Every drain of a creation, and the moment at which the medium is said to hold a stream. */
function creation(granularity: 8 | 512 | 4096): { points: CrashPoint[]; medium: SimulatedMedium } {
  const medium = new SimulatedMedium(SIZE, { granularity });
  const points: CrashPoint[] = [];
  medium.onDrain = () => points.push(medium.crashPoint());
  Stream.openSync(medium).closeSync();
  medium.onDrain = undefined;
  return { points, medium };
}

/** As a medium that is blank says that it is. */
function left(image: Uint8Array): SimulatedMedium {
  return image.every((byte) => byte === 0) ? new SimulatedMedium(SIZE) : SimulatedMedium.fromImage(image);
}

function outcomeOf(image: Uint8Array, options: StreamOptions): string {
  try {
    const stream = Stream.openSync(left(image), options);
    assert.equal([...stream.regions()].length, 0);
    stream.closeSync();
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

for (const granularity of [8, 512, 4096] as const) {
  test(`a creation in place that is cut short is begun anew, pieces of ${granularity} bytes torn`, (t) => {
    let count = 0;
    for (const point of creation(granularity).points) {
      for (const image of point.images(IMAGES)) {
        count++;
        const medium = left(image);
        const stream = Stream.openSync(medium);
        const entry = stream.allocateSync('4KiB').appendSync('first');
        stream.closeSync();
        const again = Stream.openSync(medium, { mode: 'open' });
        assert.equal(again.region(1)?.get(entry.timestamp)?.text(), 'first');
        const asked = [
          outcomeOf(image, { mode: 'open' }),
          outcomeOf(image, { readOnly: true }),
          outcomeOf(image, { mode: 'create' }),
        ];
        const [open, , create] = asked;
        assert.ok(open === 'opened' || open === 'VARVE_NOT_FOUND', asked.join());
        assert.equal(create, open === 'opened' ? 'VARVE_EXISTS' : 'opened', asked.join());
      }
    }
    t.diagnostic(`${count} images`);
    assert.ok(count > 20);
  });
}

test('what a stream is said to be there for is durable by then', () => {
  const medium = new SimulatedMedium(SIZE);
  let pending: number[] | undefined;
  const publish = medium.publish.bind(medium);
  medium.publish = () => {
    pending = medium.pendingIn(0, SIZE);
    publish();
  };
  Stream.openSync(medium).closeSync();
  assert.deepEqual(pending, []);
});

test('a stream whose header is gone is not taken for one that was never finished', () => {
  const medium = new SimulatedMedium(SIZE);
  const stream = Stream.openSync(medium);
  stream.allocateSync('4KiB').appendSync('still there');
  stream.closeSync();
  const [image] = medium.crashImages({ exhaustive: 0 });
  assert.ok(image !== undefined);
  for (const page of [0, 4096]) image.fill(0, page + 8, page + 128);
  assert.equal(outcomeOf(image, {}), 'VARVE_CORRUPT');
  assert.equal(outcomeOf(image, { mode: 'create' }), 'VARVE_EXISTS');
  for (const page of [0, 4096]) image.fill(0, page + 2048, page + 4096);
  assert.equal(outcomeOf(image, {}), 'VARVE_CORRUPT');
});
