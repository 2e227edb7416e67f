import { test } from 'node:test';
import { interleave } from './interleaved.js';

const FIRST = Number(process.env['VARVE_READERS_SEED'] ?? 1);
const SEEDS = process.env['VARVE_READERS_SEED'] === undefined ? 4 : 1;

for (const sight of ['mapped', 'copied'] as const) {
  test(`readers beside a writer that is looked at at every drain, and killed (${sight})`, async (t) => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      try {
        t.diagnostic(`seed ${seed}: ${JSON.stringify(await interleave(seed, sight, 150))}`);
      } catch (error) {
        throw new Error(`VARVE_READERS_SEED=${seed} repeats it: ${(error as Error).stack}`, { cause: error });
      }
    }
  });
}
