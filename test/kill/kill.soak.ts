import type { SoakPart } from '../helpers/soak.js';
import { play, SCENE_KINDS } from './scenes.js';

const KILLS_OF_A_STREAM = 60;

/** Streams on all media, one after the other, whose writers are killed; each shard has seeds of its own. */
export const part: SoakPart = {
  name: 'kill',
  async run({ seed, until, shard, shards }) {
    const total: Record<string, number> = { streams: 0 };
    for (let round = 0; Date.now() < until; round += 1) {
      const kind = SCENE_KINDS[(round + shard) % SCENE_KINDS.length];
      if (kind === undefined) break;
      const played = await play(kind, seed + round * shards + shard, KILLS_OF_A_STREAM, until);
      if (typeof played === 'string') continue;
      total['streams'] = (total['streams'] ?? 0) + 1;
      for (const [key, count] of Object.entries(played)) total[key] = (total[key] ?? 0) + count;
    }
    return total;
  },
};
