/** A thread that works on a shared stream until it is told to stop, or terminated. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { Stream } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { act } from './actor.js';
import type { WorkerOrder } from './orders.js';
import { Tape } from './tape.js';

const { handle, actor, seed, directory, words, dies, lives, stop } = workerData as WorkerOrder;
const stopWord = new Int32Array(stop);
const stream = await Stream.attach(handle);
parentPort?.postMessage('attached');
await act({
  stream,
  actor,
  directory,
  random: seededRandom(seed),
  tape: new Tape(new Float64Array(words), dies ? join(directory, `tape-${actor}`) : undefined),
  lives: new Int32Array(lives),
  stopped: () => Atomics.load(stopWord, 0) === 1,
});
await stream.close();
