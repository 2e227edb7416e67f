import { rmSync } from 'node:fs';
import { after, type TestContext, test } from 'node:test';
import { useRecordedAddon } from './addon.js';
import { ALL, SIZED } from './operations.js';
import { cutRandomly, type Effort, makeBase, PowerCuts, SIZE } from './power-cut.js';
import { makeDirectory, Recording } from './recorded-medium.js';

/** The random part: where it starts, and how many sequences it tries. */
const SEED = Number(process.env['VARVE_CRASH_SEED'] ?? 1);
const SEQUENCES = Number(process.env['VARVE_CRASH_SEQUENCES'] ?? 2);

/** The soak looks into more images of each, and tries all pairs. */
const THOROUGH: Effort = { images: 16, deepOneIn: 20 };
const BROAD: Effort = { images: 12, deepOneIn: 20 };
/** One pair in so many is tried here: each operation comes first, and second. */
const PAIRS = 5;

const problem = useRecordedAddon();
const recording = problem === undefined ? newRecording() : undefined;

function newRecording(): Recording {
  const directory = makeDirectory();
  const recording = new Recording(directory, SIZE);
  after(() => {
    recording.close();
    rmSync(directory, { recursive: true });
  });
  return recording;
}

function powerCutTest(name: string, body: (recording: Recording, t: TestContext) => Promise<void>): void {
  test(name, async (t) => {
    if (recording === undefined) t.skip(problem ?? '');
    else await body(recording, t);
  });
}

for (const closed of [true, false]) {
  const name = closed ? 'closed' : 'crashed';
  powerCutTest(`a power cut at every fence of every operation on '${name}'`, async (recording, t) => {
    const cuts = new PowerCuts(recording, THOROUGH, SEED, 'npm run test:only crash-native');
    for (const operation of ALL) cuts.sequence(makeBase(closed), [operation]);
    await cuts.finish();
    t.diagnostic(JSON.stringify(cuts.tally));
  });
}

powerCutTest(
  'the same for one append after another, of sizes that go different ways',
  async (recording, t) => {
    const cuts = new PowerCuts(recording, BROAD, SEED, 'npm run test:only crash-native');
    const base = makeBase(false);
    for (const [i, first] of SIZED.entries()) {
      for (const second of SIZED.filter((_, j) => (i + j) % PAIRS === 0))
        cuts.sequence(base, [first, second], 1);
    }
    await cuts.finish();
    t.diagnostic(JSON.stringify(cuts.tally));
  },
);

powerCutTest('random sequences', async (recording, t) => {
  for (let seed = SEED; seed < SEED + SEQUENCES; seed++) await cutRandomly(recording, seed);
  t.diagnostic(`seeds ${SEED} to ${SEED + SEQUENCES - 1}`);
});
