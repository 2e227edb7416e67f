import type { SoakPart } from '../helpers/soak.js';
import { interleave } from './interleaved.js';

/** One writer and readers in one process, seed after seed; each shard has seeds of its own. */
export const part: SoakPart = {
  name: 'readers-interleaved',
  async run({ seed, until, shard, shards }) {
    const total: Record<string, number> = { runs: 0 };
    for (let round = 0; Date.now() < until; round += 1) {
      const own = seed + round * shards + shard;
      for (const sight of ['mapped', 'copied'] as const) {
        try {
          for (const [key, count] of Object.entries(await interleave(own, sight, 150)))
            total[key] = (total[key] ?? 0) + count;
        } catch (error) {
          throw new Error(`VARVE_READERS_SEED=${own}, ${sight}: ${(error as Error).stack}`, { cause: error });
        }
        total['runs'] = (total['runs'] ?? 0) + 1;
      }
    }
    return total;
  },
};
