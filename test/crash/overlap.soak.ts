import { mock } from 'node:test';
import type { SoakPart } from '../helpers/soak.js';
import { BASES } from './bases.js';
import { exploreOverlap } from './explore-overlap.js';

/** Calls that overlap on a medium whose drains take their time. */
export const part: SoakPart = {
  name: 'crashes while calls overlap',
  async run({ seed, until, shard, shards }): Promise<Record<string, number>> {
    mock.timers.enable({ apis: ['setTimeout'] });
    let [runs, images] = [0, 0];
    for (let at = seed + shard; Date.now() < until; at += shards) {
      images += await exploreOverlap(BASES, at, (milliseconds) => mock.timers.tick(milliseconds));
      runs++;
    }
    mock.timers.reset();
    return { runs, images };
  },
};
