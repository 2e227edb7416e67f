import { test } from 'node:test';
import { FILE_KINDS, problemOf, temporaryDirectory } from '../helpers/media.js';
import { followLive } from './processes.js';

const LASTS_MS = 2000;
const SEED = Number(process.env['VARVE_READERS_SEED'] ?? 1);

for (const kind of FILE_KINDS) {
  test(`readers of other processes follow writers that are killed and replaced (${kind})`, async (t) => {
    const problem = problemOf(kind);
    if (problem !== undefined) return t.skip(problem);
    const request = { directory: temporaryDirectory(t), kind, seed: SEED, lasts: LASTS_MS };
    t.diagnostic(JSON.stringify(await followLive(request)));
  });
}
