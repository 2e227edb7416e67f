import type { SoakPart, SoakRequest } from '../helpers/soak.js';
import { BASES } from './bases.js';
import { type Effort, Explorer } from './explorer.js';
import { OPERATIONS } from './operations.js';
import { type Family, families } from './sequences.js';
import { addTally, NO_TALLY, type Tally } from './tally.js';
import type { Base } from './world.js';

/** Sequences with sectors instead of words torn are explored up to this length. */
const LONGEST_IN_SECTORS = 3;
/** One in so many is looked into deeply, by the length of its sequence: where they are many, fewer of them. */
const SPARSENESS = [1, 8, 8, 64, 256];
/** A full table takes twice the time to open: there the sequences are shorter. */
const longest = (base: Base): number => (base.name === 'full table' ? 3 : 4);

/** Every sequence of up to four operations, on every base, a crash at every drain. */
export const part: SoakPart = {
  name: 'crashes in all sequences of one to four operations',
  async run(request: SoakRequest): Promise<Record<string, number>> {
    let sum = NO_TALLY;
    for (const work of share(request)) {
      if (Date.now() > request.until) return { ...sum, unfinished: 1 };
      sum = addTally(sum, await explore(work, work.number, request.seed));
    }
    return { ...sum };
  },
};

/** Sequences that begin alike, and what is torn in their crashes. */
interface Work {
  readonly base: Base;
  readonly family: Family;
  readonly granularity: 8 | 512;
}

/** What falls to this process: each family has a number, by which it can be had alone. */
function* share({ shard, shards }: SoakRequest): Generator<Work & { number: number }> {
  const only = process.env['VARVE_CRASH_FAMILY'];
  let number = 0;
  for (const work of allWork()) {
    number++;
    if (only === undefined ? number % shards === shard : number === Number(only)) yield { ...work, number };
  }
}

function* allWork(): Generator<Work> {
  for (const base of BASES) {
    for (let length = 1; length <= longest(base); length++) {
      for (const family of families(OPERATIONS, length)) {
        yield { base, family, granularity: 8 };
        if (length <= LONGEST_IN_SECTORS) yield { base, family, granularity: 512 };
      }
    }
  }
}

async function explore(work: Work, number: number, seed: number): Promise<Tally> {
  const { base, family, granularity } = work;
  const again = `VARVE_CRASH_FAMILY=${number} npm run soak -- crash/crash --seed ${seed} --shards 1`;
  const explorer = new Explorer(seed + number, effortFor(family[0]?.length ?? 1, granularity), again);
  for (const operations of family) explorer.sequence(base, operations, operations.length - 1);
  await explorer.endFamily();
  return explorer.tally;
}

function effortFor(length: number, granularity: 8 | 512): Effort {
  const oneIn = SPARSENESS[length] as number;
  return {
    granularity,
    images: { exhaustive: 64, samples: 8, most: 72 },
    deepOneIn: oneIn,
    killOneIn: oneIn,
  };
}
