import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c, crc32cWord } from '../../src/format/crc32c.js';
import { regionSeed } from '../../src/format/seeds.js';

const UUID = Uint8Array.from({ length: 16 }, (_, i) => i);

test('another stream, another region, another life: another seed', () => {
  const seeds = [
    regionSeed(UUID, 1, 0),
    regionSeed(UUID.toReversed(), 1, 0),
    regionSeed(UUID, 2, 0),
    regionSeed(UUID, 2 ** 32 + 1, 0),
    regionSeed(UUID, 1, 1),
  ];
  assert.equal(new Set(seeds).size, seeds.length);
  assert.equal((seeds[0] as number) >>> 0, 0x8fea85f6, 'as the example of docs/format.md has it');
});

test('a seed is never zero, or zeroes would be entries', () => {
  // A register that meets itself becomes zero: so does the seed of the life whose number the register is in front of it.
  const register = crc32cWord(crc32cWord(crc32c(0xffffffff, UUID), 7), 0);
  assert.equal(crc32cWord(register, register), 0);
  assert.equal(regionSeed(UUID, 7, register), 1);
});
