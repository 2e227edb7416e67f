import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newHeader } from '../../src/pmemlog/header.js';
import { LOG, MIN_POOL } from '../../src/pmemlog/layout.js';
import { LogPool, writeNewPool } from '../../src/pmemlog/log-pool.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { pattern } from '../helpers/bytes.js';

const IMAGES = { exhaustive: 16, samples: 12, most: 24 };

function poolOn(medium: SimulatedMedium): LogPool {
  return new LogPool(medium, medium.open(0, LOG.data));
}

function contents(pool: LogPool): Buffer {
  let all: Buffer = Buffer.alloc(0);
  pool.walk((chunk) => {
    all = Buffer.from(chunk);
  });
  return all;
}

for (const granularity of [8, 512] as const) {
  test(`after a power cut an append is there as a whole or not at all (${granularity} bytes)`, () => {
    const medium = new SimulatedMedium(MIN_POOL, { granularity });
    writeNewPool(medium, medium.open(0, LOG.data), newHeader(), MIN_POOL);
    medium.close();
    const [image] = medium.crashImages({ exhaustive: 0 });
    const random = seededRandom(granularity);
    const live = SimulatedMedium.fromImage(image as Uint8Array, { granularity });
    const pool = poolOn(live);
    /** What may be found: what was acknowledged, or what is being made of it. */
    let allowed: Buffer[] = [Buffer.alloc(0)];
    let images = 0;
    live.onDrain = () => {
      for (const left of live.crashImages(IMAGES)) {
        images++;
        const found = contents(poolOn(SimulatedMedium.fromImage(left)));
        assert.ok(
          allowed.some((bytes) => bytes.equals(found)),
          `${found.length} bytes are there, and should be one of ${allowed.map(({ length }) => length)}`,
        );
      }
    };
    for (let i = 0; i < 12; i++) {
      const before = allowed[0] as Buffer;
      if (i === 8) {
        allowed = [before, Buffer.alloc(0)];
        pool.rewind();
        allowed = [Buffer.alloc(0)];
        continue;
      }
      const bytes = pattern(1 + random(60), i);
      allowed = [before, Buffer.concat([before, bytes])];
      pool.append(bytes);
      allowed = [allowed[1] as Buffer];
    }
    assert.ok(images > 100);
  });
}
