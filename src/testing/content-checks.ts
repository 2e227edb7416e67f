import assert from 'node:assert/strict';
import type { Extent } from '../media/medium.js';
import {
  assertBytes,
  assertPattern,
  type Check,
  load,
  pattern,
  persist,
  store,
  storePattern,
} from './workbench.js';

const MIB = 2 ** 20;

/** Promise 1: what was stored shows in every later read, for media that keep what they are given. */
export const contentChecks: Readonly<Record<string, Check>> = {
  'stores into a random extent show at once, flushed or not': (bench) => {
    const medium = bench.create(MIB);
    const extent = medium.open(4096, 8192, 'random');
    store(extent, 4096, pattern(1, 4096, 4200));
    assertPattern(extent, 1, 4096, 4200);
    extent.flush(4096, 4200);
    store(extent, 0, pattern(2, 0, 100));
    assertPattern(extent, 2, 0, 100);
    medium.drainSync();
    assertPattern(extent, 1, 4096, 4200);
    assertPattern(extent, 2, 0, 100);
  },

  'stores into an append extent show in every state between stored and durable': (bench) => {
    const medium = bench.create(4 * MIB);
    const extent = medium.open(64, 3 * MIB, 'append');
    storePattern(extent, 1, 0, 2 * MIB, 1000);
    assertPattern(extent, 1, 0, 2 * MIB, 1000);
    extent.flush(0, 300_000);
    assertPattern(extent, 1, 0, 2 * MIB, 70_000);
    medium.drainSync();
    assertPattern(extent, 1, 0, 2 * MIB, 1000);
    extent.flush(300_000, 2 * MIB);
    medium.drainSync();
    assertPattern(extent, 1, 0, 2 * MIB, 300_000);
    assertBytes(load(extent, 0, 2 * MIB), pattern(1, 0, 2 * MIB), 0);
  },

  'reading across everything that was stored, in one window': (bench) => {
    const medium = bench.create(4 * MIB);
    const extent = medium.open(0, 3 * MIB, 'append');
    storePattern(extent, 3, 0, 600_000, 1000);
    extent.flush(0, 400_000);
    medium.drainSync();
    storePattern(extent, 3, 600_000, MIB, 1000);
    for (const [from, to] of [
      [0, MIB],
      [399_992, 400_008],
      [261_000, 263_000],
      [599_000, 601_000],
      [200_000, 999_000],
    ] as const) {
      assertBytes(load(extent, from, to, MIB), pattern(3, from, to), from);
    }
  },

  'entries of every size up to the last byte of the extent': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(0, MIB, 'append');
    let from = 0;
    for (const size of [8, 16, 24, 4096, 262_144, 8, 262_136, 300_000, 220_144]) {
      store(extent, from, pattern(4, from, from + size));
      persist(medium, extent, from, from + size);
      from += size;
    }
    assert.equal(from, MIB);
    assertPattern(extent, 4, 0, MIB, 1000);
  },

  'a window stays true as far as the limit it was asked with': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(0, MIB, 'append');
    const held: { window: ReturnType<Extent['read']>; limit: number }[] = [];
    for (let limit = 2000; limit <= MIB; limit += 2000) {
      storePattern(extent, 5, limit - 2000, limit, 1000);
      held.push({ window: extent.read(limit - 1000, 1000, limit), limit });
      if (limit % 6000 === 0) extent.flush(limit - 6000, limit);
      if (limit % 30_000 === 0) medium.drainSync();
    }
    for (const { window, limit } of held) {
      const end = Math.min(window.end, limit);
      assertBytes(window.bytes.slice(0, end - window.start), pattern(5, window.start, end), window.start);
    }
  },

  'a window that is held across the limit shows what came later, or ends': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(0, MIB, 'append');
    storePattern(extent, 6, 0, 250_000, 1000);
    const window = extent.read(0, 1000, 250_000);
    storePattern(extent, 6, 250_000, 300_000, 25_000);
    const end = Math.min(window.end, 300_000);
    assertBytes(window.bytes.slice(0, end), pattern(6, 0, end), 0);
  },

  'a lower position takes back what is behind it': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(0, MIB, 'append');
    storePattern(extent, 7, 0, 600_000, 1000);
    extent.flush(0, 590_000);
    storePattern(extent, 8, 300_000, 700_000, 1000);
    assertPattern(extent, 7, 0, 300_000, 1000);
    assertPattern(extent, 8, 300_000, 700_000, 1000);
    medium.drainSync();
    assertPattern(extent, 8, 300_000, 700_000, 1000);
    persist(medium, extent, 300_000, 700_000);
    assertPattern(extent, 7, 0, 300_000);
    assertPattern(extent, 8, 300_000, 700_000);
  },

  'a glimpse, where there is one, shows what is there': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(64, MIB, 'append');
    storePattern(extent, 13, 0, 5000);
    persist(medium, extent, 0, 5000);
    const bytes = new Uint8Array(1000);
    if (medium.glimpse === undefined) return;
    medium.glimpse(64 + 3000, bytes);
    assertBytes(bytes, pattern(13, 3000, 4000), 3000);
    medium.glimpse(MIB + 64, bytes);
    assertBytes(bytes, new Uint8Array(1000), 0);
  },

  'a glimpse at an extent, where there is one, shows what a read does': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(64, MIB, 'append');
    if (extent.glimpse === undefined) return;
    storePattern(extent, 13, 0, 600_000, 1000);
    const glimpses = (): number => {
      let shown = 0;
      for (let at = 0; at < 600_000; at += 8000) {
        const bytes = new Uint8Array(1000);
        if (extent.glimpse?.(at, 1000, bytes) !== true) continue;
        assertBytes(bytes, pattern(13, at, at + 1000), at);
        shown += 1;
      }
      return shown;
    };
    glimpses();
    persist(medium, extent, 0, 600_000);
    assert.ok(glimpses() > 0);
    storePattern(extent, 14, 8000, 600_000, 1000);
    const bytes = new Uint8Array(1000);
    if (extent.glimpse(16_000, 1000, bytes)) assertBytes(bytes, pattern(14, 16_000, 17_000), 16_000);
  },

  'what was read before it was taken back is not shown again': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(0, MIB, 'append');
    storePattern(extent, 7, 0, 800_000, 1000);
    persist(medium, extent, 0, 800_000);
    load(extent, 0, 1000, 800_000);
    storePattern(extent, 8, 100_000, MIB, 992);
    persist(medium, extent, 100_000, MIB);
    assertPattern(extent, 7, 0, 100_000);
    assertPattern(extent, 8, 100_000, MIB);
  },

  'after a rewind it starts again at the front': (bench) => {
    const medium = bench.create(2 * MIB);
    const extent = medium.open(0, MIB, 'append');
    storePattern(extent, 9, 0, 800_000);
    persist(medium, extent, 0, 700_000);
    load(extent, 0, 1000, 700_000);
    extent.rewind();
    storePattern(extent, 10, 0, 750_000, 1000);
    assertPattern(extent, 10, 0, 750_000, 1000);
    persist(medium, extent, 0, 750_000);
    assertPattern(extent, 10, 0, 750_000);
  },

  'a space that was released takes the stores of its next owner': (bench) => {
    const medium = bench.create(2 * MIB);
    const first = medium.open(0, 400_000, 'append');
    storePattern(first, 11, 0, 400_000);
    first.flush(0, 300_000);
    first.release();
    const second = medium.open(64, 600_000, 'append');
    storePattern(second, 12, 0, 600_000, 1000);
    persist(medium, second, 0, 600_000);
    assertPattern(second, 12, 0, 600_000);
  },

  'extents do not disturb their neighbours': (bench) => {
    const medium = bench.create(2 * MIB);
    const extents = [0, 1, 2, 3].map((i) =>
      medium.open(i * 100_032, 100_032, i % 2 === 0 ? 'append' : 'random'),
    );
    for (let at = 0; at < 100_032; at += 8336) {
      extents.forEach((extent, i) => void storePattern(extent, 20 + i, at, Math.min(at + 8336, 100_032)));
      extents.forEach((extent, i) => void (i === 2 || extent.flush(at, Math.min(at + 8336, 100_032))));
      medium.drainSync();
    }
    extents.forEach((extent, i) => void assertPattern(extent, 20 + i, 0, 100_032));
    assert.equal(medium.failed, undefined);
  },
};
