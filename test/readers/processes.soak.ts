import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILE_KINDS, problemOf } from '../helpers/media.js';
import type { SoakPart } from '../helpers/soak.js';
import { followLive } from './processes.js';

const LASTS_MS = 20_000;

/** Writers that come and go on all media, and readers of other processes beside them; each shard has seeds of its own. */
export const part: SoakPart = {
  name: 'readers-processes',
  async run({ seed, until, shard, shards }) {
    const total: Record<string, number> = { runs: 0 };
    const kinds = FILE_KINDS.filter((kind) => problemOf(kind) === undefined);
    for (let round = 0; Date.now() < until; round += 1) {
      const own = seed + round * shards + shard;
      const kind = kinds[round % kinds.length] ?? 'file';
      const directory = mkdtempSync(join(tmpdir(), 'varve-readers-'));
      try {
        const tally = await followLive({ directory, kind, seed: own, lasts: LASTS_MS });
        for (const [key, count] of Object.entries(tally)) total[key] = (total[key] ?? 0) + count;
      } catch (error) {
        throw new Error(`VARVE_READERS_SEED=${own}, ${kind}: ${(error as Error).stack}`, { cause: error });
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
      total['runs'] = (total['runs'] ?? 0) + 1;
    }
    return total;
  },
};
