import { rmSync } from 'node:fs';
import type { SoakPart } from '../helpers/soak.js';
import { useRecordedAddon } from './addon.js';
import { type CutTally, cutPairs, cutRandomly, OPERATIONS, SIZE } from './power-cut.js';
import { makeDirectory, Recording } from './recorded-medium.js';

/** All operations and pairs of appends, then random sequences, on a file mapped as `pmem`, with power cuts at every fence of the addon. */
export const part: SoakPart = {
  name: 'power cuts of what the addon flushes',
  async run({ seed, until, shard, shards }): Promise<Record<string, number>> {
    const problem = useRecordedAddon();
    if (problem !== undefined) throw new Error(`Flushes cannot be recorded here: ${problem}`);
    const directory = makeDirectory();
    const recording = new Recording(directory, SIZE);
    const sum: CutTally = { sequences: 0, points: 0, images: 0 };
    const add = ({ sequences, points, images }: CutTally): void => {
      sum.sequences += sequences;
      sum.points += points;
      sum.images += images;
    };
    try {
      for (let index = shard; index < OPERATIONS && Date.now() < until; index += shards)
        add(await cutPairs(recording, index));
      for (let own = seed + shard; Date.now() < until; own += shards) add(await cutRandomly(recording, own));
    } finally {
      recording.close();
      rmSync(directory, { recursive: true });
    }
    return { ...sum };
  },
};
