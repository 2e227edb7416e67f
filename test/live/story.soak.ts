import type { SoakPart } from '../helpers/soak.js';
import { type Tally, tell } from './story.js';

/** Writers that come and go, and readers that are only ever woken; each shard has seeds of its own. */
export const part: SoakPart = {
  name: 'waking',
  async run({ seed, until, shard, shards }) {
    const total: Tally & { stories: number } = { stories: 0, bursts: 0, entries: 0, kills: 0, closes: 0 };
    for (let round = 0; Date.now() < until; round += 1) {
      const own = seed + round * shards + shard;
      const tally = await tell(own, 100, until).catch((error) => {
        throw new Error(`VARVE_LIVE_SEED=${own}: ${(error as Error).stack}`, { cause: error });
      });
      for (const key of ['bursts', 'entries', 'kills', 'closes'] as const) total[key] += tally[key];
      total.stories += 1;
    }
    return { ...total };
  },
};
