import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RegionLog } from '../../src/core/region-log.js';
import { Untouched } from '../../src/core/untouched.js';
import { MemoryMedium } from '../../src/index.js';

const MIB = 2 ** 20;
const SPAN = { after: 10, below: 20 };
/** Where a region begins, and where its entries end. */
const OFFSET = 4096;
const TAIL = 64;

/** A region of the medium's rest that ends at `TAIL`, and the words behind that. */
function scene(length: number) {
  const bytes = new Uint8Array(OFFSET + length);
  const words = new Uint32Array(bytes.buffer, OFFSET + TAIL);
  const medium = Object.assign(new MemoryMedium(bytes.length), {
    glimpse: (offset: number, into: Uint8Array) => {
      assert.ok(offset + into.length <= bytes.length, 'nothing behind the region is read');
      into.set(bytes.subarray(offset, offset + into.length));
    },
  });
  const record = { offset: OFFSET };
  const region = { tail: TAIL, length, lastTimestamp: 5, slot: { record } } as unknown as RegionLog;
  return { words, medium, region };
}

test('an entry since the checkpoint is noticed wherever it begins in reach, and only there', () => {
  const { words, medium, region } = scene(MIB);
  const untouched = new Untouched(medium, SPAN, MIB / 2 + 24);
  assert.equal(untouched.includes(region), true);
  const around = (at: number) => [-24, -16, -8, 0, 8, 16].map((by) => at + by);
  const places = [8, 16, ...around(MIB / 4), ...around(MIB / 2 - 8), MIB / 2, MIB / 2 + 8];
  for (const place of places.filter((at) => at < MIB / 2 + 16)) {
    words[place / 4 + 2] = 15;
    assert.equal(untouched.includes(region), false, `at ${place}`);
    words[place / 4 + 2] = 25;
    assert.equal(untouched.includes(region), true, `a later one at ${place}`);
    words[place / 4 + 2] = 0;
  }
  words[(MIB / 2 + 16) / 4 + 2] = 15;
  assert.equal(untouched.includes(region), true, 'out of reach');
});

test('what reaches beyond the end of a region is not looked for', () => {
  for (const length of [
    MIB / 4,
    MIB / 4 + TAIL,
    MIB / 4 + TAIL + 8,
    MIB / 4 + TAIL + 16,
    TAIL + 24,
    TAIL + 16,
    TAIL + 8,
  ]) {
    const { words, medium, region } = scene(length);
    const untouched = new Untouched(medium, SPAN, MIB);
    assert.equal(untouched.includes(region), true, `${length} bytes`);
    const last = words.length - 4;
    if (last < 2) continue;
    words[last + 2] = 15;
    assert.equal(untouched.includes(region), false, `${length} bytes, the last place`);
  }
});
