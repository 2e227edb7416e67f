/** A thread that has a stream open and does nothing with it until it is told to end. */
import { parentPort, workerData } from 'node:worker_threads';
import { Stream, type StreamHandle } from '../../src/index.js';

const stream = await Stream.attach(workerData as StreamHandle);
parentPort?.postMessage('attached');
parentPort?.once('message', () => {
  stream.closeSync();
  parentPort?.close();
});
