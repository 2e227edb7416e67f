import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Stream } from '../../src/index.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';

/** So many timestamps are made durable at a time (docs/format.md, "State"). */
const SUPPLY = 2 ** 20;

test('the supply of timestamps runs out: none is given out twice, whatever is left of the next one', () => {
  const medium = new SimulatedMedium('18MiB');
  const stream = Stream.openSync(medium);
  const region = stream.allocateSync(SUPPLY * 16 + 4096);
  while (stream.committed < SUPPLY - 3) region.appendSync('', { until: 'committed' });
  stream.persistSync();
  const points: { point: CrashPoint; given: number; acknowledged: number }[] = [];
  let drains = 0;
  medium.onDrain = () => {
    drains++;
    points.push({ point: medium.crashPoint(), given: stream.committed, acknowledged: stream.persisted });
  };
  for (let i = 0; i < 6; i++) region.appendSync('');
  medium.onDrain = undefined;
  assert.ok(drains > 12, 'there is more to drain than the six entries: a further supply');
  assert.equal(stream.committed, SUPPLY + 3);
  let images = 0;
  for (const { point, given, acknowledged } of points) {
    for (const image of point.images({ exhaustive: 4, samples: 1, most: 4 })) {
      images++;
      const opened = Stream.openSync(SimulatedMedium.fromImage(image), { mode: 'open' });
      const found = opened.committed;
      assert.ok(found >= acknowledged && found <= given, `${found} of ${acknowledged} to ${given}`);
      assert.equal(opened.region(region.id)?.get(found)?.size, 0);
      const next = opened.region(region.id)?.appendSync('next').timestamp ?? 0;
      assert.ok(next > given, `${next} is given out again: it was at ${given}`);
    }
  }
  assert.ok(images > 20);
});
