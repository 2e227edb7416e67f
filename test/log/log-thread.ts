/** A thread that appends to the log 'orders': each way of appending has its turn. */
import { workerData } from 'node:worker_threads';
import { Stream, type StreamHandle } from '../../src/index.js';

const { handle, name } = workerData as { handle: StreamHandle; name: string };
const stream = await Stream.attach(handle);
const log = await stream.log('orders');
const APPENDS = 400;
let index = 0;
const next = () => `${name}${index++}`;
while (index < APPENDS) {
  log.appendSync(next());
  log.appendSync(next(), { until: 'committed' });
  const text = next();
  const slot = log.reserve(100);
  slot.data.set(Buffer.from(text));
  await Promise.all([slot.publish(text.length), log.append(next())]);
}
await stream.close();
