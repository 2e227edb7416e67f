import assert from 'node:assert/strict';
import type { Access, Extent } from '../media/medium.js';
import type { Window } from '../media/window.js';
import { type Check, load, persist, storePattern } from './workbench.js';

const MIB = 2 ** 20;
const LENGTH = 300_032;
/** A byte that no pattern has. */
const FOREIGN = 0xfe;
const ACCESSES: readonly Access[] = ['random', 'append'];

/** Promise 5: what is left of windows after `release` and `close`. */
export const harmlessChecks: Readonly<Record<string, Check>> = {
  'views of a released extent do not show its next owner, nor reach it': (bench) => {
    const medium = bench.create(MIB);
    ACCESSES.forEach((access, i) => {
      const old = medium.open(i * LENGTH, LENGTH, access);
      storePattern(old, 1, 0, LENGTH);
      persist(medium, old, 0, LENGTH);
      const windows = [
        old.read(0, 64, LENGTH),
        old.read(LENGTH - 64, 64, LENGTH),
        old.write(LENGTH - 64, 64),
      ];
      old.release();
      const next = medium.open(i * LENGTH, LENGTH, 'random');
      next.write(0, LENGTH).bytes.fill(FOREIGN);
      for (const window of windows) assertHarmless(window, FOREIGN);
      const bytes = load(next, 0, LENGTH);
      assert.ok(
        bytes.every((byte) => byte === FOREIGN),
        'an old view reaches the next owner',
      );
    });
  },

  'views of a closed medium can be touched, and reach nothing': (bench) => {
    const medium = bench.create(MIB);
    const windows = ACCESSES.flatMap((access, i) => {
      const extent = medium.open(i * LENGTH, LENGTH, access);
      storePattern(extent, 2, 0, LENGTH);
      persist(medium, extent, 0, LENGTH);
      return [extent.read(0, 64, LENGTH), extent.write(LENGTH - 64, 64)];
    });
    if (!bench.reopens) {
      medium.close();
      for (const window of windows) assertHarmless(window, FOREIGN);
      return;
    }
    const again = bench.reopen(medium);
    const extent = again.open(0, 2 * LENGTH, 'random');
    extent.write(0, 2 * LENGTH).bytes.fill(FOREIGN);
    for (const window of windows) assertHarmless(window, FOREIGN);
    assert.ok(
      load(extent, 0, 2 * LENGTH).every((byte) => byte === FOREIGN),
      'an old view reaches the next owner',
    );
  },

  'a released extent and those of a closed medium refuse to be used': (bench) => {
    const medium = bench.create(MIB);
    const released = medium.open(0, 4096, 'append');
    released.write(0, 64);
    released.release();
    const closed = ACCESSES.map((access, i) => medium.open((1 + i) * 4096, 4096, access));
    assertRefuses(released);
    medium.close();
    for (const extent of closed) assertRefuses(extent);
  },

  'an extent may be released twice': (bench) => {
    const medium = bench.create(MIB);
    const extent = medium.open(0, 4096, 'append');
    extent.write(0, 64);
    extent.release();
    extent.release();
  },
};

function assertRefuses(extent: Extent): void {
  assert.throws(() => extent.read(0, 64, 64), { code: 'VARVE_CLOSED' });
  assert.throws(() => extent.write(0, 64), { code: 'VARVE_CLOSED' });
}

/** The view shows nothing of `foreign` and takes stores without an end for the process. */
function assertHarmless(window: Window, foreign: number): void {
  // Detached views have no bytes, and functions that refuse them.
  if (window.bytes.length === 0) return;
  assert.ok(!window.bytes.includes(foreign), 'an old view shows bytes of the next owner');
  window.bytes.fill(0x11);
  window.words.fill(0x11111111);
}
