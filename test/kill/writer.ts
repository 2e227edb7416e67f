/**
 * A writer to be killed: `writer.js '<order as JSON>'`. It writes in all ways there are, for ever, and tells what it does line by line
 * on its standard output: nothing of it is lost when it is killed.
 */
import { writeSync } from 'node:fs';
import { Stream } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import type { Order } from './life.js';
import { Scribe } from './scribe.js';
import { writeInAllWays } from './ways.js';

const order = JSON.parse(process.argv[2] ?? '{}') as Order;
/** What stands in the pipe survives this process. */
function tell(line: string): void {
  writeSync(1, `${line}\n`);
}

const scribe = new Scribe({
  open: () => Stream.open(order.path, { size: order.size, maxSize: order.maxSize, medium: order.medium }),
  tell,
  announce: tell,
  run: order.run,
  random: seededRandom(order.seed),
});

await scribe.open();
if (order.rests) {
  let rounds = 0;
  await writeInAllWays(scribe, () => ++rounds > 12);
  scribe.resting();
  // The stream is left alone until the checkpoint that is made at rest. If nobody is there any more to kill it, it ends by itself.
  setTimeout(() => {}, 30_000);
} else {
  await writeInAllWays(scribe, () => false);
}
