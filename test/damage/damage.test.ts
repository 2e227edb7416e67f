import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reference } from './anatomy.js';
import { Bench } from './bench.js';
import { cut, type Damage, fills, flip, grown, swap, swaps, UNITS } from './damages.js';
import { generatedReferences, goldenReferences } from './references.js';

/*
 * A fixed part of what test/damage/damage.soak.ts does: of streams of every version of the format, the damages of whole units and a share
 * of the others.
 */

const REFERENCES = [...generatedReferences(), ...goldenReferences()];
/** Primes, so that the shares of bits and lengths are spread over all places in structures. */
const SHARE = { bits: 1999, lengths: 211, fills: 3, check: 4001, salvage: 3001 };
const PAIRS = 60;

function* every<T>(items: Iterable<T>, step: number): Generator<T> {
  let index = 0;
  for (const item of items) if (index++ % step === 0) yield item;
}

function* bits({ image }: Reference, step: number): Generator<Damage> {
  for (let bit = 0; bit < image.length * 8; bit += step) yield flip(image, bit);
}

function* lengths({ image }: Reference, step: number): Generator<Damage> {
  for (let length = 0; length < image.length; length += step) yield cut(length);
}

function* units({ image }: Reference, step: number, pairs: number): Generator<Damage> {
  for (const unit of UNITS) {
    yield* every(fills(image, unit), unit === 64 ? step : 1);
    yield* swaps(image, unit, pairs, unit);
  }
}

/** Every two entries that begin at multiples of the unit, in each other's place. */
function* misplaced({ image, regions }: Reference, unit: number): Generator<Damage> {
  const starts = regions.flatMap(({ entries }) => entries.map(({ at }) => at));
  const places = starts.filter((at) => at % unit === 0).map((at) => at / unit);
  for (const a of places) for (const b of places) if (b < a) yield* swap(image, unit, a, b);
}

test('whole entries in the place of others: never handed out in a wrong order', () => {
  for (const reference of REFERENCES.filter(({ name }) => name.endsWith('aligned'))) {
    const bench = new Bench(reference);
    for (const unit of UNITS) for (const damage of misplaced(reference, unit)) bench.try(damage);
    assert.ok(bench.tally.damages > 100);
  }
});

for (const reference of REFERENCES) {
  const { name, image } = reference;
  test(`${name}: bits flipped, lines, sectors and pages filled or swapped, cut or grown: exact data, or told`, () => {
    const bench = new Bench(reference);
    for (const damage of bits(reference, SHARE.bits)) bench.try(damage);
    for (const damage of lengths(reference, SHARE.lengths)) bench.try(damage);
    for (const damage of units(reference, SHARE.fills, PAIRS)) bench.try(damage);
    for (const more of [1, 8, 4096, 60_000]) bench.try(grown(image, more));
  });

  test(`${name}: a check says exactly of what is damaged that it is, and a salvage gets the rest`, async () => {
    const bench = new Bench(reference);
    for (const damage of bits(reference, SHARE.check)) await bench.check(damage);
    for (const damage of every(units(reference, SHARE.fills, PAIRS), 7)) await bench.check(damage);
    for (const damage of bits(reference, SHARE.salvage)) await bench.salvage(damage);
    for (const damage of lengths(reference, 4 * SHARE.lengths)) await bench.salvage(damage);
    for (const damage of every(units(reference, SHARE.fills, PAIRS), 5)) await bench.salvage(damage);
  });
}
