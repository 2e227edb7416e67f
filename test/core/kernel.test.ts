import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addonProblem } from '../../src/base/native-loader.js';
import { chooseKernel, plainKernel } from '../../src/core/kernel.js';
import { encodeLag, highWord, strideOf } from '../../src/format/entry.js';
import { Form, GAP } from '../../src/format/layout.js';
import { Window } from '../../src/media/window.js';

interface Sketch {
  payload: Uint8Array;
  step: number;
  lag: number;
  form: number;
}

const sketch = fc.record({
  payload: fc.uint8Array({ maxLength: 700 }),
  step: fc.integer({ min: 1, max: 2 ** 34 }),
  lag: fc.integer({ min: 0, max: 2 ** 40 }),
  form: fc.constantFrom(Form.entry, Form.entry, Form.entryAndGap, Form.filler),
});

const BYTES = 32 * 1024;

/** Entries one behind the other, without checksums; where they end, and the last timestamp. */
function lay(sketches: readonly Sketch[]): { window: Window; end: number; last: number } {
  const window = new Window(new Uint8Array(BYTES), 0);
  let end = 0;
  let last = 0;
  for (const { payload, step, lag, form } of sketches) {
    const bytes = form === Form.filler ? payload.subarray(0, payload.length - (payload.length % 8)) : payload;
    const next = end + strideOf(bytes.length) + (form === Form.entryAndGap ? GAP : 0);
    if (next > BYTES) break;
    if (form !== Form.filler) last += step;
    window.words[end / 4] = bytes.length;
    window.words[end / 4 + 2] = last >>> 0;
    window.words[end / 4 + 3] = highWord(last, form, encodeLag(lag));
    window.bytes.set(bytes, end + 16);
    end = next;
  }
  return { window, end, last };
}

test('the addon seals and walks as plain TypeScript does, on whole runs and on damaged ones', (t) => {
  const problem = addonProblem();
  if (problem !== undefined) return t.skip(problem);
  const native = chooseKernel();
  fc.assert(
    fc.property(
      fc.array(sketch, { maxLength: 40 }),
      fc.integer({ min: 1, max: 2 ** 32 - 1 }),
      fc.option(fc.integer({ min: 0, max: BYTES * 8 - 1 })),
      fc.integer({ min: 0, max: 2 ** 36 }),
      (sketches, seed, flip, below) => {
        const one = lay(sketches);
        const other = lay(sketches);
        native.seal(one.window, 0, one.end, seed);
        plainKernel.seal(other.window, 0, other.end, seed);
        assert.deepEqual(one.window.bytes, other.window.bytes);
        const whole = plainKernel.walk(one.window, 0, one.end, seed, 0, 2 ** 53 - 1);
        assert.equal(whole.end, one.end);
        assert.equal(whole.timestamp, one.last);
        if (flip !== null)
          one.window.bytes[flip >>> 3] = (one.window.bytes[flip >>> 3] ?? 0) ^ (1 << (flip & 7));
        for (const limit of [2 ** 53 - 1, below]) {
          const seen = native.walk(one.window, 0, BYTES, seed, 0, limit);
          assert.deepEqual(seen, plainKernel.walk(one.window, 0, BYTES, seed, 0, limit));
        }
      },
    ),
    { numRuns: 400 },
  );
});
