import { test } from 'node:test';
import { BASES } from './bases.js';
import { exploreRandomly } from './random-sequences.js';
import { addTally, NO_TALLY } from './tally.js';

/** Where it starts, and how long it goes on. */
const SEED = Number(process.env['VARVE_CRASH_SEED'] ?? 1);
const SECONDS = Number(process.env['VARVE_CRASH_SECONDS'] ?? 6);
const LENGTH = 10;

test('crashes in random sequences', async (t) => {
  const end = Date.now() + SECONDS * 1000;
  let sum = NO_TALLY;
  let seed = SEED;
  for (; Date.now() < end; seed++) sum = addTally(sum, await exploreRandomly(BASES, seed, LENGTH));
  t.diagnostic(`seeds ${SEED} to ${seed - 1}: ${JSON.stringify(sum)}`);
});
