import { Explorer } from './explorer.js';
import { OPERATIONS } from './operations.js';
import type { Tally } from './tally.js';
import type { Base } from './world.js';

/** Units that may be torn: words more often than the others. */
const GRANULARITIES = [8, 512, 8, 4096] as const;

/** One sequence of so many operations, drawn by its seed, as everything in it is. */
export async function exploreRandomly(bases: readonly Base[], seed: number, length: number): Promise<Tally> {
  const granularity = GRANULARITIES[seed % 4] ?? 8;
  const images = { exhaustive: 32, samples: 8, most: 40 };
  const effort = { granularity, images, deepOneIn: 32, killOneIn: 32 };
  const explorer = new Explorer(seed, effort, `VARVE_CRASH_SEED=${seed} npm run test:only crash/random`);
  explorer.randomSequence(bases[seed % bases.length] as Base, OPERATIONS, length);
  await explorer.endFamily();
  return explorer.tally;
}
