import { rmSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { KINDS, type Place, placeOn, problemOf } from '../helpers/media.js';
import { compare, Model, Real } from '../helpers/model.js';
import { commands } from './commands.js';

const RUNS = { memory: 300, file: 60, 'page-cache': 60, pmem: 60 };
const SIZE = '256KiB';

for (const kind of KINDS) {
  test(`whatever is done to a stream, it looks like plain arrays to which the same was done (${kind})`, async (t) => {
    if (problemOf(kind) !== undefined) return t.skip(problemOf(kind));
    let place: Place = placeOn(t, kind, SIZE);
    await fc.assert(
      fc.asyncProperty(commands, fc.constantFrom(64, 512, 4096), async (sequence, blockSize) => {
        // A stream in memory is new with its medium, one in a file once the old file is gone.
        if (place.path === undefined) place = placeOn(t, kind, SIZE);
        else rmSync(place.path, { force: true });
        const real = new Real(place, await place.open({ blockSize }));
        const model = new Model();
        try {
          await fc.asyncModelRun(() => ({ model, real }), sequence);
          await real.reopen();
          model.cancelAll();
          compare(model, real);
        } finally {
          await real.stream.close();
          await Promise.allSettled(real.pending);
        }
      }),
      { numRuns: RUNS[kind] },
    );
  });
}
