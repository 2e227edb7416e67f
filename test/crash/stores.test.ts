// Stores of the addon are not seen.
import '../helpers/without-addon.js';
import { test } from 'node:test';
import { BASES } from './bases.js';
import { type Effort, Explorer } from './explorer.js';
import { OPERATIONS } from './operations.js';
import { families } from './sequences.js';

const EFFORT: Effort = {
  granularity: 8,
  watchStores: true,
  images: { exhaustive: 64, samples: 16, most: 48 },
  deepOneIn: 64,
  killOneIn: 64,
};

/** Of the sequences of two operations one in so many is explored on each base, other ones on each. */
const STRIDE = 3;

for (const [offset, base] of BASES.entries()) {
  test(`no word is stored twice between drains where the first value matters, on '${base.name}'`, async (t) => {
    const explorer = new Explorer(1, EFFORT, 'npm run test:only crash/stores');
    for (const length of [1, 2]) {
      for (const family of families(OPERATIONS, length)) {
        for (const [number, operations] of family.entries()) {
          if (length === 1 || number % STRIDE === offset) explorer.sequence(base, operations, length - 1);
        }
        await explorer.endFamily();
      }
    }
    t.diagnostic(JSON.stringify(explorer.tally));
  });
}
