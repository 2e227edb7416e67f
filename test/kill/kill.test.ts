import { test } from 'node:test';
import { play, SCENE_KINDS } from './scenes.js';

const KILLS = 6;
const SEED = 3;

for (const kind of SCENE_KINDS) {
  test(`kill -9 at any moment, ${KILLS} processes one after the other: what was acknowledged is there (${kind})`, async (t) => {
    const played = await play(kind, SEED, KILLS);
    if (typeof played === 'string') return t.skip(played);
    t.diagnostic(JSON.stringify(played));
  });
}
