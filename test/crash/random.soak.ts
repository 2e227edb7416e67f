import type { SoakPart } from '../helpers/soak.js';
import { BASES } from './bases.js';
import { exploreRandomly } from './random-sequences.js';
import { addTally, NO_TALLY } from './tally.js';

/** Long sequences drawn at random, with crashes in their midst from which they go on; words, sectors and pages torn. */
export const part: SoakPart = {
  name: 'crashes in random sequences of ten operations',
  async run({ seed, until, shard, shards }): Promise<Record<string, number>> {
    let sum = NO_TALLY;
    for (let at = seed + shard; Date.now() < until; at += shards) {
      sum = addTally(sum, await exploreRandomly(BASES, at, 10));
    }
    return { ...sum };
  },
};
