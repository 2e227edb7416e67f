import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attempt, newTally } from './attempt.js';
import { attemptLayer } from './layer.js';
import { tell } from './run.js';

const IMAGES = 1200;
const LAYER = 40_000;

test(`${IMAGES} forged streams: right behaviour or errors of varve, bounded, nothing touched outside`, async () => {
  const tally = newTally();
  for (let seed = 1; seed <= IMAGES; seed++) await tell('hostile/streams', seed, () => attempt(seed, tally));
  // The forger is neither so crude that nothing opens, nor so tame that nothing is refused.
  assert.ok(tally.accepted > tally.openings / 4, JSON.stringify(tally));
  assert.ok((tally['VARVE_CORRUPT'] ?? 0) > tally.openings / 4, JSON.stringify(tally));
});

test(`${LAYER} runs of hostile bytes: the addon finds what the reference finds`, async () => {
  for (let seed = 1; seed <= LAYER; seed++)
    await tell('hostile/layer', Math.floor(seed / 256), () => attemptLayer(seed));
});
