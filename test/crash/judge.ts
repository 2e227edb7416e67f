import { Stream } from '../../src/index.js';
import { type CrashImageOptions, type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { assertShows, type Depth, Examiner, SHALLOW } from './examine.js';
import { readAll } from './known.js';
import { assertExpected, type Expectation } from './oracle.js';

/** Throws unless an image shows one of the things that may be, and can be gone on with. */
export async function judge(image: Uint8Array, expected: Expectation, depth: Depth = SHALLOW): Promise<void> {
  const examiner = new Examiner(image.length);
  assertExpected(
    examiner.examine((bytes) => bytes.set(image), depth),
    expected,
  );
  await examiner.finish();
}

/**
 * Lets the process be killed at that moment, and the next one open the stream: what that shows must survive a power cut then,
 * and one in the midst of the opening is as good as one before the kill.
 *
 * @returns how many images were judged
 */
export function judgeKill(point: CrashPoint, expected: Expectation, images: CrashImageOptions): number {
  const medium = SimulatedMedium.afterKill(point);
  const examiner = new Examiner(medium.size);
  const points: CrashPoint[] = [];
  medium.onDrain = () => points.push(medium.crashPoint());
  const stream = Stream.openSync(medium, { mode: 'open' });
  medium.onDrain = undefined;
  const found = readAll(stream);
  assertExpected({ found, committed: stream.committed, next: undefined }, expected);
  let count = 0;
  for (const image of medium.crashImages(images)) {
    count++;
    assertShows(image, found, 'after a kill and a power cut');
  }
  for (const within of points) {
    for (const image of within.images(images)) {
      count++;
      assertExpected(
        examiner.examine((bytes) => bytes.set(image), SHALLOW),
        expected,
      );
    }
  }
  stream.closeSync();
  return count;
}
