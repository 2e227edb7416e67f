import { test } from 'node:test';
import type { Stream } from '../../src/index.js';
import { baseOf, type Effort, Explorer } from './explorer.js';
import { OPERATIONS } from './operations.js';
import type { Base } from './world.js';

/** The random part: where it starts, and how long it goes on. */
const SEED = Number(process.env['VARVE_CRASH_SEED'] ?? 1);
const SECONDS = Number(process.env['VARVE_CRASH_SECONDS'] ?? 8);

const WORDS: Effort = { granularity: 8, images: { exhaustive: 64, samples: 8 }, deepOneIn: 40 };

function twoRegions(stream: Stream): void {
  const first = stream.allocateSync(256, { name: 'first' });
  stream.allocateSync(128);
  first.appendSync('there before');
}

const BASES: readonly Base[] = [
  baseOf('closed', 16_384, true, twoRegions),
  baseOf('crashed', 16_384, false, twoRegions),
  baseOf('full table', 32_768, true, (stream) => {
    for (let i = 0; i < 14; i++) stream.allocateSync(64).appendSync('x');
  }),
];

for (const base of BASES) {
  for (const length of [1, 2]) {
    test(`every sequence of ${length} on '${base.name}'`, async (t) => {
      const explorer = new Explorer(1, WORDS, 'npm run test:only crash/crash');
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
    const explorer = new Explorer(seed, WORDS, `VARVE_CRASH_SEED=${seed} npm run test:only crash/crash`);
    await explorer.randomSequence(BASES[seed % BASES.length] as Base, OPERATIONS, 6);
    if (Date.now() >= end) t.diagnostic(`seeds ${SEED} to ${seed}`);
  }
});
