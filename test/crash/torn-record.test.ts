import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { LAYOUT } from '../helpers/format.js';
import { readAll } from './known.js';

const RECORD = { offset: LAYOUT.record.offset + 2 * LAYOUT.record.size, place: 88 };

/** A crash while a third region was allocated: of its record one word is missing, or all others are. */
function tornImage(whole: boolean): Uint8Array {
  const medium = new SimulatedMedium(16_384);
  const stream = Stream.openSync(medium, { blockSize: 64 });
  for (const name of ['one', 'two']) stream.allocateSync(64, { name }).appendSync('kept');
  const points: CrashPoint[] = [];
  medium.onDrain = () => points.push(medium.crashPoint());
  stream.allocateSync(64, { name: 'three' });
  const point = points.find(({ inDoubt }) => inDoubt > 5) as CrashPoint;
  const [none, all] = [...point.images({ exhaustive: 0, samples: 0 })] as [Uint8Array, Uint8Array];
  const [image, other] = whole ? [all, none] : [none, all];
  const at = RECORD.offset + RECORD.place;
  image.set(other.subarray(at, at + 8), at);
  return image;
}

for (const whole of [true, false]) {
  test(`a crash while a record is evened out that ${whole ? 'lacks a word' : 'has one new word'} brings no region to life`, () => {
    const medium = SimulatedMedium.fromImage(tornImage(whole));
    const points: CrashPoint[] = [];
    medium.onDrain = () => points.push(medium.crashPoint());
    const found = [...readAll(Stream.openSync(medium, { mode: 'open' })).keys()];
    assert.deepEqual(found, [1, 2]);
    for (const point of points) {
      for (const image of point.images({ exhaustive: 4096 })) {
        const again = Stream.openSync(SimulatedMedium.fromImage(image), { mode: 'open' });
        assert.deepEqual([...readAll(again).keys()], found);
      }
    }
  });
}
