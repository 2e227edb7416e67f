import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bench } from './bench.js';
import { cut, flip } from './damages.js';
import { smallReference } from './references.js';

const { image } = smallReference();

test('a single bit of any byte of a stream flipped: exact data, or told', () => {
  const bench = new Bench(smallReference());
  // Two bits of each byte, other ones from byte to byte; the soak flips them all.
  for (let bit = 0; bit < image.length * 8; bit++) {
    if ((bit + (bit >>> 3)) % 4 === 0) bench.try(flip(image, bit));
  }
  assert.ok(bench.tally.told > 250, `only ${bench.tally.told} times somebody was told`);
});

test('a stream cut to any length: told, and left as it is', () => {
  const bench = new Bench(smallReference());
  for (let length = 0; length < image.length; length++) bench.try(cut(length));
  assert.equal(bench.tally.told, 2 * image.length);
});
