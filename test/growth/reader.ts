/**
 * Reads beside the writer for as long as it is let: `reader.js <path> <medium>`. Each second it writes a line of JSON to its standard output: how many
 * entries it has seen, each as it had to be, the number of the last one, how often some were trimmed before, its memory. It ends with its input.
 */
import { setInterval as every } from 'node:timers/promises';
import { Stream, type StreamOptions } from '../../src/index.js';
import { Order } from './payload.js';

const [path = '', medium = 'file'] = process.argv.slice(2);
process.stdin.resume().on('end', () => process.exit());

const stream = Stream.openSync(path, {
  medium: medium as NonNullable<StreamOptions['medium']>,
  readOnly: true,
});
const log = await stream.log('events');
const order = new Order('a reader of another process', undefined);
let last = -1;
void tell();
for await (const entry of log.tail({ from: log.last, onGap: () => order.gap() }))
  last = order.take(entry.copy());

async function tell(): Promise<void> {
  for await (const _ of every(1000)) {
    const { seen, gaps } = order;
    process.stdout.write(`${JSON.stringify({ seen, gaps, last, rss: process.memoryUsage.rss() })}\n`);
  }
}
