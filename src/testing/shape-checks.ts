import assert from 'node:assert/strict';
import type { Access } from '../media/medium.js';
import type { Window } from '../media/window.js';
import { assertBytes, assertPattern, type Check, load, persist, storePattern } from './workbench.js';

const MIB = 2 ** 20;
const ACCESSES: readonly Access[] = ['random', 'append'];

/** What a medium says of itself, and how its windows are cut. */
export const shapeChecks: Readonly<Record<string, Check>> = {
  'it says what it is': (bench) => {
    const medium = bench.create(MIB);
    assert.ok(medium.size >= MIB);
    assert.ok(
      medium.granularity >= 1 && Number.isInteger(Math.log2(medium.granularity)),
      'granularity: a power of two',
    );
    assert.equal(medium.readOnly, false);
    assert.equal(medium.failed, undefined);
  },

  'it is new until it is published': (bench) => {
    const medium = bench.create(MIB);
    assert.equal(medium.isNew, true);
    medium.publish();
    assert.equal(medium.isNew, false);
    if (bench.reopens) assert.equal(bench.reopen(medium).isNew, false);
  },

  'it may be closed twice': (bench) => {
    const medium = bench.create(MIB);
    medium.close();
    medium.close();
  },

  'its size may be any multiple of 64': (bench) => {
    const medium = bench.create(12_288 + 64 * 5);
    const last = medium.open(12_288, 64 * 5, 'append');
    storePattern(last, 1, 0, last.length, 64);
    persist(medium, last, 0, last.length);
    if (medium.retains) assertPattern(last, 1, 0, last.length);
  },

  'an extent may begin at any multiple of 64 and have any multiple of 64 as its length': (bench) => {
    const medium = bench.create(MIB);
    let offset = 64;
    for (const length of [64, 128, 4096, 4160, 960, 65_600]) {
      const extent = medium.open(offset, length, 'random');
      assert.equal(extent.length, length);
      storePattern(extent, length, 0, length);
      persist(medium, extent, 0, length);
      assertPattern(extent, length, 0, length);
      offset += length;
    }
  },

  'windows hold what was asked for, aligned, and end within the extent': (bench) => {
    const medium = bench.create(2 * MIB);
    ACCESSES.forEach((access, index) => {
      const extent = medium.open(index * MIB + 64, 700_032, access);
      for (let position = 0; position + 104 <= extent.length; position += 40_008) {
        assertWindow(extent.write(position, 104), position, 104, extent.length);
        assertWindow(extent.read(position, 104, extent.length), position, 104, extent.length);
      }
    });
  },

  'a window is as large as an entry needs': (bench) => {
    const medium = bench.create(8 * MIB);
    const extent = medium.open(0, 8 * MIB, 'append');
    assertWindow(extent.write(0, 3 * MIB), 0, 3 * MIB, extent.length);
    assertWindow(extent.write(3 * MIB, 5 * MIB), 3 * MIB, 5 * MIB, extent.length);
  },

  'what was never written reads as zeroes': (bench) => {
    const medium = bench.create(MIB);
    const random = medium.open(0, 8192, 'random');
    assertBytes(load(random, 0, 8192), new Uint8Array(8192), 0);
    const append = medium.open(8192, 300_032, 'append');
    assertBytes(load(append, 0, append.length), new Uint8Array(append.length), 0);
  },

  'ten thousand extents can be open': (bench) => {
    const count = 10_000;
    const medium = bench.create(count * 128);
    const extents = Array.from({ length: count }, (_, i) => medium.open(i * 128, 128, 'append'));
    extents.forEach((extent, i) => {
      storePattern(extent, i, 0, 128);
      extent.flush(0, 128);
    });
    medium.drainSync();
    if (medium.retains) extents.forEach((extent, i) => void assertPattern(extent, i, 0, 128));
    for (const extent of extents) extent.release();
  },
};

function assertWindow(window: Window, position: number, length: number, extentLength: number): void {
  assert.ok(window.start <= position, 'it starts at or before the position');
  assert.ok(window.end >= position + length, 'it ends behind what was asked for');
  assert.ok(window.start >= 0 && window.end <= extentLength, 'it lies within the extent');
  assert.equal(window.bytes.length, window.end - window.start);
  assert.equal(window.start % 8, 0);
  assert.equal(window.bytes.byteOffset % 8, 0);
  assert.equal(window.words.byteOffset, window.bytes.byteOffset);
  assert.equal(window.words.buffer, window.bytes.buffer);
}
