import { seededRandom } from '../../src/testing/random.js';
import type { Ledger } from './ledger.js';
import type { Sight } from './shared-medium.js';
import { MergedTail, Watcher } from './watcher.js';
import { World } from './world.js';

/** One writer and some readers in one process, which take turns at every drain: what they do follows from the seed. */
export async function interleave(seed: number, sight: Sight, steps: number): Promise<Record<string, number>> {
  const random = seededRandom(seed);
  const watchers: Watcher[] = [];
  const tails: MergedTail[] = [];
  const world = new World(random, sight, () => {
    for (const watcher of watchers) if (random(2) === 0) watcher.look();
    for (const tail of tails) if (random(3) === 0) tail.take(1 + random(20));
  });
  const { ledger, shared } = world;
  watchers.push(new Watcher(random, shared, ledger), new Watcher(random, shared, ledger));
  tails.push(new MergedTail(shared, ledger));
  for (let step = 0; step < steps; step++) {
    world.step();
    await nextJob(ledger);
    for (const watcher of watchers) watcher.look();
    if (random(20) === 0) for (const watcher of watchers) watcher.lookAtAll();
    for (const tail of tails) {
      if (random(4) === 0) tail.take(Number.POSITIVE_INFINITY);
      tail.assertComplete();
    }
  }
  world.end();
  await nextJob(ledger);
  for (const watcher of watchers) watcher.lookAtEnd();
  for (const tail of tails) {
    tail.take(Number.POSITIVE_INFINITY);
    tail.assertComplete(Number.POSITIVE_INFINITY);
  }
  return { ...world.done, seen: tails.reduce((sum, { seen }) => sum + seen, 0) };
}

/** Readers with copies look at the table once in each job. */
async function nextJob(ledger: Ledger): Promise<void> {
  await null;
  ledger.job++;
}
