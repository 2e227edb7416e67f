import { seededRandom } from '../../src/testing/random.js';
import type { SoakPart } from '../helpers/soak.js';
import { play, problemOf, type Scene } from './scenes.js';

const MEDIA = ['memory', 'pmem', 'pmem', 'page-cache', 'file'] as const;

/** Scenes by chance, one after the other; each shard has seeds of its own. */
export const part: SoakPart = {
  name: 'histories',
  async run({ seed, until, shard, shards }) {
    const total: Record<string, number> = { scenes: 0 };
    for (let round = 0; Date.now() < until; round += 1) {
      const scene = sceneOf(seed + round * shards + shard);
      if (problemOf(scene) !== undefined) continue;
      const played: Record<string, number> = { scenes: 1, ...(await play(scene)) };
      for (const [key, count] of Object.entries(played)) total[key] = (total[key] ?? 0) + count;
    }
    return total;
  },
};

function sceneOf(seed: number): Scene {
  const random = seededRandom(seed);
  const medium = MEDIA[random(MEDIA.length)] ?? 'pmem';
  return {
    medium,
    addon: medium === 'pmem' || medium === 'page-cache' || random(2) === 0,
    workers: 1 + random(4),
    readers: medium === 'memory' ? 0 : random(4),
    runs: medium === 'memory' ? 1 : 1 + random(4),
    terminates: random(2) === 0,
    time: 300 + random(2500),
    seed,
  };
}
