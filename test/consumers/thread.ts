/** A thread that consumes the log 'orders' until it is terminated, or has acknowledged so many; it tells of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { Stream, type StreamHandle } from '../../src/index.js';

const { handle, name, count } = workerData as { handle: StreamHandle; name: string; count: number };
const stream = await Stream.attach(handle);
const log = await stream.log('orders');
const consumer = await log.consumer(name, { protect: true });
let acked = 0;
for await (const entry of consumer) {
  await consumer.ack(entry);
  parentPort?.postMessage({ acked: Number(entry.text()) });
  if (++acked === count) break;
}
await stream.close();
