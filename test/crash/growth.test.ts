import { test } from 'node:test';
import { GROWING } from './bases.js';
import { type Effort, Explorer } from './explorer.js';
import { GROWING_OPERATIONS } from './operations.js';
import { families } from './sequences.js';

/** Much of each crash point of one operation. */
const THOROUGH: Effort = {
  granularity: 8,
  images: { exhaustive: 32, samples: 8, most: 32 },
  deepOneIn: 4,
  killOneIn: 1,
};
/** Less where there are many. */
const WORDS: Effort = {
  granularity: 8,
  images: { exhaustive: 32, samples: 8, most: 32 },
  deepOneIn: 16,
  killOneIn: 4,
};
const SECTORS: Effort = { ...WORDS, granularity: 512, images: { exhaustive: 16, samples: 8, most: 16 } };

for (const base of GROWING) {
  // A further table extent has many words: it is enough to see each operation come to that.
  const most = base.name.startsWith('full table') ? 1 : 2;
  for (const [what, length, effort] of [
    ['words', 1, THOROUGH],
    ['words', 2, WORDS],
    ['sectors', 1, SECTORS],
  ] as const) {
    if (length > most) continue;
    test(`sequences of ${length} that make a stream grow, ${what} torn, on '${base.name}'`, async (t) => {
      const explorer = new Explorer(1, effort, 'npm run test:only crash/growth');
      for (const family of families(GROWING_OPERATIONS, length)) {
        for (const operations of family) explorer.sequence(base, operations, length - 1);
        await explorer.endFamily();
      }
      t.diagnostic(JSON.stringify(explorer.tally));
    });
  }
}
