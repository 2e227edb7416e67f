import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';

/** Small, so that there are many segments, and trims and acknowledgements share few blocks. */
const OPTIONS = { segmentSize: 512 } as const;
const IMAGES = { exhaustive: 0, samples: 2, seed: 3 };

interface Moment {
  readonly point: CrashPoint;
  /** Positions that a consumer may have: the last one acknowledged, and the one that is on its way. */
  readonly acked: number;
  readonly asked: number;
  /** The newest entry that was acknowledged to its producer. */
  readonly appended: number;
}

test('after a crash a consumer goes on behind what it has acknowledged, and finds all that is behind it', () => {
  const medium = new SimulatedMedium('32KiB');
  const stream = Stream.openSync(medium, { blockSize: 512 });
  const log = stream.logSync('orders', OPTIONS);
  const consumer = log.consumerSync('billing', { protect: true });
  const moments: Moment[] = [];
  const timestamps: number[] = [];
  let [acked, asked, appended] = [0, 0, 0];
  const note = () => moments.push({ point: medium.crashPoint(), acked, asked, appended });
  medium.onDrain = note;
  for (let i = 0; i < 60; i++) {
    const entry = log.appendSync(`${i}`);
    appended = entry.timestamp;
    timestamps.push(appended);
    if (i % 2 === 0) continue;
    asked = timestamps[i - 3] ?? 0;
    consumer.ackSync(asked);
    acked = asked;
    if (i % 20 === 19) log.trimSync({ before: appended });
  }
  stream.closeSync();
  let images = 0;
  for (const [number, moment] of moments.entries()) {
    if (number % 5 !== 0) continue;
    for (const image of moment.point.images(IMAGES)) {
      images++;
      const again = Stream.openSync(SimulatedMedium.fromImage(image), { mode: 'open' });
      const found = again.logSync('orders');
      const { position } = found.consumerSync('billing');
      assert.ok(
        position >= moment.acked && position <= moment.asked,
        `${position} after ${moment.acked}…${moment.asked}`,
      );
      const rest = Array.from(found.entries({ from: position + 1 }), ({ timestamp }) => timestamp);
      const wanted = timestamps.filter((each) => each > position && each <= moment.appended);
      assert.deepEqual(rest.slice(0, wanted.length), wanted);
      assert.ok(rest.length <= wanted.length + 1);
      again.closeSync();
    }
  }
  assert.ok(images > 50, `${images} images`);
});
