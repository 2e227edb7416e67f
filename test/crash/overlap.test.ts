import { test } from 'node:test';
import { BASES } from './bases.js';
import { exploreOverlap } from './explore-overlap.js';

const SEED = Number(process.env['VARVE_CRASH_SEED'] ?? 1);
const SECONDS = Number(process.env['VARVE_CRASH_SECONDS'] ?? 6);

test('crashes while calls overlap', async (t) => {
  const end = Date.now() + SECONDS * 1000;
  let images = 0;
  let seed = SEED;
  // Timers follow the seed too.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (; Date.now() < end; seed++)
    images += await exploreOverlap(BASES, seed, (ms) => t.mock.timers.tick(ms));
  t.diagnostic(`seeds ${SEED} to ${seed - 1}, ${images} images`);
});
