import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Verified } from '../../src/media/verified.js';

const SIZE = 40;
const place = fc.integer({ min: 0, max: SIZE });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: fc.tuple(place, place) }) },
  { weight: 1, arbitrary: fc.record({ cut: place }) },
);

test('what was verified is known, in whichever order it was, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const verified = new Verified();
      const good = new Array<boolean>(SIZE + 1).fill(false);
      for (const one of steps) {
        if ('add' in one) {
          const [from, to] = one.add.toSorted((a, b) => a - b) as [number, number];
          verified.add(from, to);
          good.fill(true, from, to);
        } else {
          verified.cut(one.cut);
          good.fill(false, one.cut);
        }
        for (let position = 0; position <= SIZE; position++) {
          const end = good[position] ? good.indexOf(false, position) : position;
          assert.equal(verified.from(position), end, `from ${position}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});
