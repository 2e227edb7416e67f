import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../src/testing/random.js';
import { CrashWorld } from './crash-world.js';
import { Sliced } from './sliced.js';

/** Of a moment: all images if there are no more than these, else about so many. */
const EFFORT = { images: 8, seed: 1 };
const MORE = { images: 300, seed: 1 };

for (const granularity of [8, 512] as const) {
  const allocator = (): Sliced => Sliced.create(6, granularity === 8 ? 7 : 9, { granularity });

  test(`a sync that a crash cuts short is all or nothing, in units of ${granularity}`, () => {
    const world = new CrashWorld(allocator());
    world.append(10);
    world.sync();
    world.append(150);
    world.append(20);
    world.sync();
    assert.ok(world.examine(granularity === 8 ? EFFORT : MORE) > 20);
  });

  test(`an append that spans block streams is all or nothing, in units of ${granularity}`, () => {
    const world = new CrashWorld(allocator());
    world.append(30);
    world.sync();
    world.append(5 * granularity + 300);
    world.sync();
    world.append(9 * granularity + 300);
    world.sync();
    world.append(1);
    world.sync();
    assert.ok(world.examine(EFFORT) > 40);
  });

  test(`growing, dropping, giving back and closing survive crashes, in units of ${granularity}`, () => {
    const world = new CrashWorld(allocator());
    world.grow();
    world.append(700);
    world.sync();
    world.append(900);
    world.reopen();
    world.advance(0.7);
    world.sync();
    world.shrink();
    world.append(800);
    world.grow();
    world.sync();
    world.advance(1);
    world.reopen();
    world.shrink();
    assert.ok(world.examine(EFFORT) > 40);
  });
}

test('random histories survive crashes at every drain', () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = seededRandom(seed);
    const world = new CrashWorld(Sliced.create(4 + random(5), 7, { granularity: 8 }));
    const steps = [
      () => world.append(1 + random(400)),
      () => world.append(1 + random(100)),
      () => world.sync(),
      () => world.sync(),
      () => world.advance(random(10) / 9),
      () => world.shrink(),
      () => world.reopen(),
    ];
    for (let i = 0; i < 12 && world.stream.statistics().blockStreams < 10; i++)
      steps[random(steps.length)]?.();
    world.sync();
    world.examine({ images: 6, seed });
  }
});
