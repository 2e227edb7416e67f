import type { CrashImageOptions } from '../../src/testing/index.js';
import { DEEP, SHALLOW } from './examine.js';
import { judge, judgeKill } from './judge.js';
import { Overlap } from './overlap.js';
import type { Base } from './world.js';

const IMAGES: CrashImageOptions = { exhaustive: 8, samples: 6, most: 5 };

/**
 * One run of overlapping calls, drawn by its seed, and the images of all its moments.
 *
 * @param tick lets so much time pass for timers, in milliseconds
 * @returns how many images were judged
 */
export async function exploreOverlap(
  bases: readonly Base[],
  seed: number,
  tick: (milliseconds: number) => void,
): Promise<number> {
  const overlap = new Overlap(bases[seed % bases.length] as Base, seed, tick);
  let where = '';
  let images = 0;
  try {
    await overlap.run(4 + (seed % 12));
    for (const moment of overlap.moments) {
      where = moment.label;
      const expected = overlap.expectation(moment);
      for (const image of moment.point.images({ ...IMAGES, seed: seed + images })) {
        await judge(image, expected, images++ % 40 === 0 ? DEEP : SHALLOW);
      }
      images += judgeKill(moment.point, expected, { exhaustive: 2, samples: 2, most: 2, seed });
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const again = `VARVE_CRASH_SEED=${seed} npm run test:only crash/overlap`;
    throw new Error(`${message}\n  in ${overlap.done.join('; ')}\n  ${where}\n  again: ${again}`, { cause });
  }
  return images;
}
