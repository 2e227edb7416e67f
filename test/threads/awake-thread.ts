/** A thread with nothing else to do than to wait for its appends. */
import { workerData } from 'node:worker_threads';
import { Stream, type StreamHandle } from '../../src/index.js';

const stream = await Stream.attach(workerData as StreamHandle);
const region = stream.region('log');
for (let i = 0; i < 150; i++) await region?.append(`${i}`);
await stream.close();
