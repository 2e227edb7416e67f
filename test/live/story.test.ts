import { test } from 'node:test';
import { liveProblem } from './live-files.js';
import { tell } from './story.js';

const FIRST = Number(process.env['VARVE_LIVE_SEED'] ?? 1);
const SEEDS = process.env['VARVE_LIVE_SEED'] === undefined ? 2 : 1;

test('readers that are only ever woken hand out everything, from one writer to the next', async (t) => {
  if (liveProblem() !== undefined) return t.skip(liveProblem());
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    try {
      t.diagnostic(`seed ${seed}: ${JSON.stringify(await tell(seed, 12, Number.POSITIVE_INFINITY))}`);
    } catch (error) {
      throw new Error(`VARVE_LIVE_SEED=${seed} repeats it: ${(error as Error).stack}`, { cause: error });
    }
  }
});
