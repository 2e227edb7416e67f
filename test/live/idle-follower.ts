/** A worker that follows a region for ever: `<path> <medium>`. It says when it begins, and of every entry. */
import { parentPort } from 'node:worker_threads';
import { Stream, type StreamOptions } from '../../src/index.js';

const [path = '', medium = 'file'] = process.argv.slice(2);
const stream = Stream.openSync(path, {
  readOnly: true,
  medium: medium as NonNullable<StreamOptions['medium']>,
});
const tail = stream.region('log')?.tail({ from: stream.committed + 1 });
parentPort?.postMessage('begun');
for await (const { timestamp } of tail ?? []) parentPort?.postMessage(timestamp);
