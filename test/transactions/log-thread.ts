/** A thread that appends to two logs together, and acknowledges in the same transactions what it has read of the first. */
import { parentPort, workerData } from 'node:worker_threads';
import { Stream, type StreamHandle } from '../../src/index.js';

const { handle, name, count } = workerData as { handle: StreamHandle; name: string; count: number };
const stream = await Stream.attach(handle);
const [one, two] = [await stream.log('one'), await stream.log('two')];
const consumer = await one.consumer(name);
let read = 0;
for (let i = 0; i < count; i++) {
  const text = `${name}${i} `.padEnd(20 + (i % 7) * 40, 'x');
  const order = i % 2 === 0 ? [one, two] : [two, one];
  const run = (tx: Parameters<Parameters<Stream['transaction']>[0]>[0]): void => {
    for (const log of order) tx.append(log, text);
    if (read > 0) tx.ack(consumer, read);
  };
  const until = i % 3 === 0 ? 'persisted' : 'committed';
  const entries =
    i % 4 === 0 ? await stream.transaction(run, { until }) : stream.transactionSync(run, { until });
  read = entries[order.indexOf(one)]?.timestamp ?? 0;
  if (i === 10) parentPort?.postMessage('under way');
}
await consumer.close();
await stream.close();
