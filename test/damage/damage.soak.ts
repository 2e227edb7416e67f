import type { SoakPart, SoakRequest } from '../helpers/soak.js';
import type { Reference } from './anatomy.js';
import { Bench } from './bench.js';
import { cut, type Damage, fills, flip, grown, swaps, UNITS } from './damages.js';
import { generatedReferences, goldenReferences } from './references.js';

/** Pairs of one unit that are swapped, of one stream; all of them if there are not more. */
const PAIRS = 20_000;
/** A check and a salvage are dearer than an opening: every how many damages they are made, too. */
const DEARER = { check: 11, salvage: 7 };

function* damagesOf({ image }: Reference, seed: number): Generator<Damage> {
  for (const unit of UNITS) {
    yield* fills(image, unit);
    yield* swaps(image, unit, PAIRS, seed + unit);
  }
  for (const more of [1, 7, 8, 511, 512, 4096, 60_000]) yield grown(image, more);
  for (let length = 0; length < image.length; length++) yield cut(length);
  for (let bit = 0; bit < image.length * 8; bit++) yield flip(image, bit);
}

/** Each stream gets an equal share of the time that is left. */
async function run(request: SoakRequest): Promise<Record<string, number>> {
  const total = { streams: 0, damages: 0, told: 0, checks: 0, salvages: 0, bits: 0 };
  const references = [...generatedReferences(), ...goldenReferences()];
  for (const [index, reference] of references.entries()) {
    const now = Date.now();
    const until = now + (request.until - now) / (references.length - index);
    await search(reference, { ...request, until }, total);
  }
  return total;
}

type Total = Record<'streams' | 'damages' | 'told' | 'checks' | 'salvages' | 'bits', number>;

async function search(reference: Reference, request: SoakRequest, total: Total): Promise<void> {
  const { seed, until, shard, shards } = request;
  const bench = new Bench(reference);
  let index = 0;
  for (const damage of damagesOf(reference, seed)) {
    if (Date.now() >= until) break;
    if (index++ % shards !== shard) continue;
    await tryAll(bench, damage, Math.floor(index / shards), total).catch((error: unknown) => {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`${what}\nTo see it again: npm run soak -- damage --seed ${seed}`, { cause: error });
    });
    total.damages++;
    if (damage.what.endsWith('flipped')) total.bits++;
  }
  total.told += bench.tally.told;
  if (shard === 0) total.streams++;
}

async function tryAll(bench: Bench, damage: Damage, turn: number, total: Total): Promise<void> {
  bench.try(damage);
  if (turn % DEARER.check === 0) {
    await bench.check(damage);
    total.checks++;
  }
  if (turn % DEARER.salvage === 0) {
    await bench.salvage(damage);
    total.salvages++;
  }
}

/** Every bit, every length, every unit filled, swapped: of every reference stream. */
export const part: SoakPart = { name: 'damage', run };
