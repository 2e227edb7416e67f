import { test } from 'node:test';
import { play, problemOf, type Scene, titleOf } from './scenes.js';

const SEED = 1;
const PLAIN = { addon: true, workers: 2, readers: 0, runs: 1, terminates: false, time: 500 };

/** Chance and the machine's mood decide what happens in each of them; the soak plays many more. */
const SCENES: readonly Omit<Scene, 'seed'>[] = [
  { ...PLAIN, medium: 'memory', workers: 3 },
  { ...PLAIN, medium: 'memory', terminates: true, addon: false },
  { ...PLAIN, medium: 'pmem', terminates: true, workers: 3, readers: 1 },
  { ...PLAIN, medium: 'pmem', runs: 3, readers: 2, time: 300 },
  { ...PLAIN, medium: 'page-cache', readers: 1, terminates: true },
  { ...PLAIN, medium: 'page-cache', runs: 3, terminates: true, time: 300 },
  { ...PLAIN, medium: 'file', readers: 1, terminates: true },
  { ...PLAIN, medium: 'file', runs: 3, readers: 1, time: 300, addon: false },
];

for (const [index, one] of SCENES.entries()) {
  const scene = { ...one, seed: SEED + index };
  test(`what threads and processes did and saw fits one order: ${titleOf(scene)}`, async (t) => {
    const problem = problemOf(scene);
    if (problem !== undefined) return t.skip(problem);
    t.diagnostic(JSON.stringify(await play(scene)));
  });
}
