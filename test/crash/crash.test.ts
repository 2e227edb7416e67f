import { test } from 'node:test';
import { BASES } from './bases.js';
import { type Effort, Explorer } from './explorer.js';
import { OPERATIONS } from './operations.js';
import type { Base } from './world.js';

/** The random part: where it starts, and how long it goes on. */
const SEED = Number(process.env['VARVE_CRASH_SEED'] ?? 1);
const SECONDS = Number(process.env['VARVE_CRASH_SECONDS'] ?? 6);

/** Much of each crash point, where sequences are few. */
const THOROUGH: Effort = {
  granularity: 8,
  images: { exhaustive: 256, samples: 16 },
  deepOneIn: 5,
  killOneIn: 1,
  recoveryImages: { exhaustive: 8, samples: 4, most: 6 },
};
/** Little of each crash point, where they are many. */
const BROAD: Effort = {
  granularity: 8,
  images: { exhaustive: 16, samples: 8, most: 12 },
  deepOneIn: 16,
  killOneIn: 4,
  recoveryImages: { exhaustive: 4, samples: 4, most: 3 },
};

for (const base of BASES) {
  for (const length of [1, 2]) {
    test(`every sequence of ${length} on '${base.name}'`, async (t) => {
      const explorer = new Explorer(1, length === 1 ? THOROUGH : BROAD, 'npm run test:only crash/crash');
      for (const operations of sequences(length)) await explorer.sequence(base, operations, length - 1);
      t.diagnostic(JSON.stringify(explorer.tally));
    });
  }
}

function* sequences(length: number): Generator<(typeof OPERATIONS)[number][]> {
  if (length === 0) yield [];
  else for (const rest of sequences(length - 1)) for (const last of OPERATIONS) yield [...rest, last];
}

test('random sequences', async (t) => {
  const end = Date.now() + SECONDS * 1000;
  for (let seed = SEED; Date.now() < end; seed++) {
    const granularity = ([8, 512, 8, 4096] as const)[seed % 4] ?? 8;
    const effort = { ...BROAD, granularity };
    const explorer = new Explorer(seed, effort, `VARVE_CRASH_SEED=${seed} npm run test:only crash/crash`);
    await explorer.randomSequence(BASES[seed % BASES.length] as Base, OPERATIONS, 6);
    if (Date.now() >= end) t.diagnostic(`seeds ${SEED} to ${seed}`);
  }
});
