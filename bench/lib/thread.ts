/** A thread of a benchmark: it appends so many entries as soon as a round begins, by itself or by way of the main thread. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { Stream } from '../../src/index.js';
import { Signal, type ThreadOrder } from './thread-orders.js';

const order = workerData as ThreadOrder;
const words = new Int32Array(order.signal);
const data = new Uint8Array(order.size).fill(7);

function done(): void {
  Atomics.add(words, Signal.done, 1);
  Atomics.notify(words, Signal.done);
}

/** Blocks until the next round begins; false if there is none. */
function next(round: number): boolean {
  Atomics.wait(words, Signal.round, round);
  return Atomics.load(words, Signal.round) >= 0;
}

async function appendItself(): Promise<void> {
  if (order.handle === undefined) throw new Error('there is nothing to attach to');
  const stream = await Stream.attach(order.handle);
  const region = stream.region(order.region);
  if (region === undefined) throw new Error(`there is no region ${order.region}`);
  const options = { until: order.until };
  done();
  for (let round = 0; next(round); round += 1) {
    for (let i = 0; i < order.entries; i += 1) region.appendSync(data, options);
    done();
  }
  await stream.close();
}

/** Sends entries to the main thread, which appends them and answers each. */
function post(port: MessagePort): void {
  let answers = 0;
  const begin = (round: number): void => {
    if (!next(round)) {
      port.close();
      return;
    }
    answers = 0;
    for (let i = 0; i < order.entries; i += 1) port.postMessage(data);
  };
  let rounds = 0;
  port.on('message', () => {
    answers += 1;
    if (answers < order.entries) return;
    rounds += 1;
    done();
    begin(rounds);
  });
  done();
  begin(0);
}

if (order.mode === 'shared') await appendItself();
else if (parentPort !== null) post(parentPort);
