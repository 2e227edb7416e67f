import { type TestContext, test } from 'node:test';
import type { CrashImageOptions } from '../../src/testing/index.js';
import { BASES } from './bases.js';
import { DEEP, SHALLOW } from './examine.js';
import { judge, judgeKill } from './judge.js';
import { Overlap } from './overlap.js';
import type { Base } from './world.js';

const SEED = Number(process.env['VARVE_CRASH_SEED'] ?? 1);
const SECONDS = Number(process.env['VARVE_CRASH_SECONDS'] ?? 6);
const IMAGES: CrashImageOptions = { exhaustive: 8, samples: 6, most: 5 };

test('crashes while calls overlap', async (t) => {
  const end = Date.now() + SECONDS * 1000;
  let images = 0;
  let seed = SEED;
  // Timers follow the seed too.
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (; Date.now() < end; seed++) images += await explore(t, seed);
  t.diagnostic(`seeds ${SEED} to ${seed - 1}, ${images} images`);
});

/** One run, and the images of all its moments. */
async function explore(t: TestContext, seed: number): Promise<number> {
  const overlap = new Overlap(BASES[seed % BASES.length] as Base, seed, (ms) => t.mock.timers.tick(ms));
  let where = '';
  let images = 0;
  try {
    await overlap.run(4 + (seed % 12));
    for (const moment of overlap.moments) {
      where = moment.label;
      for (const image of moment.point.images({ ...IMAGES, seed: seed + images })) {
        await judge(image, overlap.expectation(moment), images++ % 40 === 0 ? DEEP : SHALLOW);
      }
      images += judgeKill(moment.point, overlap.expectation(moment), {
        exhaustive: 2,
        samples: 2,
        most: 2,
        seed,
      });
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const again = `VARVE_CRASH_SEED=${seed} npm run test:only crash/overlap`;
    throw new Error(`${message}\n  in ${overlap.done.join('; ')}\n  ${where}\n  again: ${again}`, { cause });
  }
  return images;
}
