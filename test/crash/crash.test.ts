import { test } from 'node:test';
import { BASES } from './bases.js';
import { type Effort, Explorer } from './explorer.js';
import { OPERATIONS } from './operations.js';
import { families } from './sequences.js';

/**
 * Of sequences one in so many is explored here, and all of them in the soak. None of these numbers has a divisor in common with the number of operations:
 * so each operation comes first, and last.
 */
const [PAIRS, PAIRS_IN_SECTORS, TRIPLES] = [7, 11, 61];

/** Much of each crash point, where sequences are few. */
const THOROUGH: Effort = {
  granularity: 8,
  images: { exhaustive: 256, samples: 32, most: 384 },
  deepOneIn: 8,
  killOneIn: 1,
};
/** Less of each crash point, where they are many. */
const BROAD: Effort = {
  granularity: 8,
  images: { exhaustive: 32, samples: 8, most: 40 },
  deepOneIn: 32,
  killOneIn: 32,
};
const SECTORS: Effort = { ...BROAD, granularity: 512, images: { exhaustive: 16, samples: 12, most: 24 } };

for (const base of BASES) {
  for (const [what, length, effort, stride] of [
    ['words', 1, THOROUGH, 1],
    ['words', 2, BROAD, PAIRS],
    ['words', 3, BROAD, TRIPLES],
    ['sectors', 2, SECTORS, PAIRS_IN_SECTORS],
  ] as const) {
    test(`sequences of ${length}, ${what} torn, on '${base.name}'`, async (t) => {
      const explorer = new Explorer(1, effort, 'npm run test:only crash/crash');
      let number = 0;
      for (const family of families(OPERATIONS, length)) {
        for (const operations of family) {
          if (number++ % stride === 0) explorer.sequence(base, operations, length - 1);
        }
        await explorer.endFamily();
      }
      t.diagnostic(JSON.stringify(explorer.tally));
    });
  }
}
