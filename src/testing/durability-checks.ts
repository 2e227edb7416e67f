import assert from 'node:assert/strict';
import type { Medium } from '../media/medium.js';
import { assertPattern, type Check, pattern, persist, store, storePattern } from './workbench.js';

const MIB = 2 ** 20;

/** Promises 2 and 4: what was drained is there after reopening, and nothing else has changed. */
export const durabilityChecks: Readonly<Record<string, Check>> = {
  'what was drained is there when the medium is opened again': async (bench) => {
    let medium = bench.create(4 * MIB);
    const random = medium.open(0, 4096, 'random');
    const append = medium.open(4096, 3 * MIB, 'append');
    storePattern(random, 1, 0, 4096);
    storePattern(append, 2, 0, MIB, 1000);
    random.flush(0, 4096);
    append.flush(0, 500_000);
    await medium.drain();
    append.flush(500_000, MIB);
    medium.drainSync();
    medium = bench.reopen(medium);
    assertPattern(medium.open(0, 4096, 'random'), 1, 0, 4096);
    const again = medium.open(4096, 3 * MIB, 'append');
    assertPattern(again, 2, 0, MIB);
    storePattern(again, 2, MIB, 2 * MIB, 1000);
    persist(medium, again, MIB, 2 * MIB);
    medium = bench.reopen(medium);
    assertPattern(medium.open(4096, 3 * MIB, 'append'), 2, 0, 2 * MIB, 100_000);
  },

  'drains may overlap': async (bench) => {
    let medium = bench.create(16 * MIB);
    const extent = medium.open(0, 16 * MIB, 'append');
    const drains: Promise<void>[] = [];
    const step = 500_000;
    for (let i = 0; i < 24; i++) {
      storePattern(extent, 3, i * step, (i + 1) * step, 10_000);
      extent.flush(i * step, (i + 1) * step);
      if (i % 3 === 1) medium.drainSync();
      else drains.push(medium.drain());
      if (i % 5 === 4) await drains.at(-1);
    }
    await Promise.all(drains);
    medium = bench.reopen(medium);
    assertPattern(medium.open(0, 16 * MIB, 'append'), 3, 0, 24 * step, 100_000);
  },

  'a blocking drain does not rely on one that is still under way': (bench) => {
    let medium = bench.create(2 * MIB);
    const extent = medium.open(0, MIB, 'append');
    storePattern(extent, 4, 0, 600_000);
    extent.flush(0, 600_000);
    // It may end after the medium was closed: nobody waits for it then.
    const left = medium.drain().catch(() => {});
    medium.drainSync();
    medium = bench.reopen(medium);
    assertPattern(medium.open(0, MIB, 'append'), 4, 0, 600_000);
    return left;
  },

  'nothing but what was flushed changes': (bench) => {
    let medium = filled(bench.create(MIB), 5);
    medium = bench.reopen(medium);
    const append = medium.open(0, 500_032, 'append');
    store(append, 200_000, pattern(6, 200_000, 200_104));
    persist(medium, append, 200_000, 200_104);
    const random = medium.open(500_032, 100_032, 'random');
    store(random, 64, pattern(6, 64, 128));
    store(random, 9000, pattern(6, 9000, 9008));
    random.flush(9000, 9008);
    random.flush(64, 128);
    medium.drainSync();
    medium = bench.reopen(medium);
    const left = medium.open(0, 500_032, 'append');
    assertPattern(left, 5, 0, 200_000);
    assertPattern(left, 6, 200_000, 200_104);
    assertPattern(left, 5, 200_104, 500_032);
    const right = medium.open(500_032, 100_032, 'random');
    assertPattern(right, 5, 0, 64);
    assertPattern(right, 6, 64, 128);
    assertPattern(right, 5, 128, 9000);
    assertPattern(right, 6, 9000, 9008);
    assertPattern(right, 5, 9008, 100_032);
  },

  'a space may be cut in another way later': (bench) => {
    let medium = bench.create(MIB);
    const whole = medium.open(0, 400_000, 'append');
    storePattern(whole, 7, 0, 400_000);
    persist(medium, whole, 0, 400_000);
    medium = bench.reopen(medium);
    for (const [offset, length] of [
      [0, 64],
      [64, 128_000],
      [128_064, 4096],
      [200_000, 200_000],
    ] as const) {
      const extent = medium.open(offset, length, 'append');
      const expected = pattern(7, offset, offset + length);
      const window = extent.read(0, length, length);
      assert.equal(Buffer.compare(window.bytes.subarray(0, length), expected), 0, `at ${offset}`);
    }
    medium = bench.reopen(medium);
    assertPattern(medium.open(0, 400_000, 'append'), 7, 0, 400_000);
  },

  'what a released extent left behind does not show through its next owner': (bench) => {
    let medium = bench.create(MIB);
    const old = medium.open(0, 300_032, 'append');
    storePattern(old, 8, 0, 300_032);
    old.flush(0, 300_032);
    old.release();
    const next = medium.open(0, 300_032, 'append');
    storePattern(next, 9, 0, 300_032, 1000);
    persist(medium, next, 0, 300_032);
    medium = bench.reopen(medium);
    assertPattern(medium.open(0, 300_032, 'append'), 9, 0, 300_032);
  },
};

/** The pattern in two extents, durable: 500,032 bytes and then 100,032. */
function filled(medium: Medium, seed: number): Medium {
  let offset = 0;
  for (const length of [500_032, 100_032]) {
    const extent = medium.open(offset, length, 'append');
    storePattern(extent, seed, 0, length);
    persist(medium, extent, 0, length);
    offset += length;
  }
  return medium;
}
