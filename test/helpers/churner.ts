/**
 * A writer that never rests: `churner.js <path> <medium>`. It appends to two regions of an existing stream and clears one whenever it
 * is full, which makes a checkpoint each time. It writes 'ready' to its standard output once it has begun, and ends with its input:
 * whoever started it may have been killed.
 */
import { writeSync } from 'node:fs';
import { Stream, type StreamOptions } from '../../src/index.js';

const [path = '', medium = 'file'] = process.argv.slice(2);
const stream = Stream.openSync(path, { medium: medium as NonNullable<StreamOptions['medium']> });
const regions = [stream.allocateSync('64KiB'), stream.allocateSync('64KiB')] as const;
process.stdin.resume().on('end', () => process.exit());
writeSync(1, 'ready\n');

let number = 0;
setInterval(() => {
  for (let i = 0; i < 100; i += 1) {
    const region = regions[number % 2 === 0 ? 0 : 1];
    if (region.available < 400) region.clearSync();
    const until = number % 3 === 0 ? 'persisted' : 'committed';
    region.appendSync(`${number}`.padEnd(number % 300), { until });
    number += 1;
  }
}, 1);
