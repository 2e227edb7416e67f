import assert from 'node:assert/strict';
import type { Medium } from '../media/medium.js';
import { assertBytes, assertPattern, type Check, load, persist, storePattern } from './workbench.js';

const MIB = 2 ** 20;

/** What holds of a medium that can grow. One that cannot has no `grow`, or no `sizeMax`. */
export const growthChecks: Readonly<Record<string, Check>> = {
  'what it grows by is there, and nothing else has changed': (bench) => {
    const medium = bench.create(MIB);
    const before = medium.open(MIB - 4096, 4096, 'append');
    storePattern(before, 1, 0, 4096);
    persist(medium, before, 0, 4096);
    const from = medium.size;
    if (!grown(medium, from, from + 3 * MIB)) return;
    assert.equal(medium.size, from + 3 * MIB);
    assert.ok((medium.sizeMax as number) >= medium.size);
    if (medium.retains) assertPattern(before, 1, 0, 4096);
    const random = medium.open(from, 8192, 'random');
    assertBytes(load(random, 0, 8192), new Uint8Array(8192), 0);
    const append = medium.open(from + 8192, 2 * MIB, 'append');
    assertBytes(load(append, MIB, MIB + 8192), new Uint8Array(8192), 0);
    storePattern(random, 2, 0, 8192);
    persist(medium, random, 0, 8192);
    storePattern(append, 3, 0, 2 * MIB);
    persist(medium, append, 0, 2 * MIB);
    if (medium.retains) assertPattern(append, 3, 0, 2 * MIB);
    if (!medium.retains || !bench.reopens) return;
    const again = bench.reopen(medium);
    assert.ok(again.size >= from + 3 * MIB, 'its length is durable');
    assertPattern(again.open(MIB - 4096, 4096, 'append'), 1, 0, 4096);
    assertPattern(again.open(from, 8192, 'random'), 2, 0, 8192);
    assertPattern(again.open(from + 8192, 2 * MIB, 'append'), 3, 0, 2 * MIB);
  },

  'growing over what is there leaves it as it is': (bench) => {
    const medium = bench.create(MIB);
    const extent = medium.open(0, MIB, 'append');
    storePattern(extent, 4, 0, MIB);
    persist(medium, extent, 0, MIB);
    const { size } = medium;
    if (!grown(medium, MIB / 2, MIB)) return;
    assert.equal(medium.size, size);
    medium.drainSync();
    if (medium.retains) assertPattern(extent, 4, 0, MIB);
  },

  'it grows many times, by any multiple of 64': (bench) => {
    const medium = bench.create(MIB);
    let { size } = medium;
    for (const more of [64, 128, 4096, 4160, 960, 65_600]) {
      if (!grown(medium, size, size + more)) return;
      assert.equal(medium.size, size + more);
      const extent = medium.open(size, more, 'append');
      storePattern(extent, more, 0, more);
      persist(medium, extent, 0, more);
      if (medium.retains) assertPattern(extent, more, 0, more);
      size += more;
    }
  },

  'more than there is room for is refused, and nothing has changed': (bench) => {
    const medium = bench.create(MIB);
    const { size, sizeMax = Number.MAX_SAFE_INTEGER } = medium;
    if (medium.grow === undefined || sizeMax === Number.MAX_SAFE_INTEGER) return;
    assert.throws(() => medium.grow?.(size, sizeMax + 4096), { code: 'VARVE_FULL' });
    assert.equal(medium.size, size);
    medium.drainSync();
  },
};

/** False if the medium cannot grow. */
function grown(medium: Medium, from: number, to: number): boolean {
  if (medium.grow === undefined || (medium.sizeMax ?? 0) < to) return false;
  medium.grow(from, to);
  return true;
}
