/** A process that follows a stream: `follower.js <path> <medium>`. For each line that comes in it says how far behind it was since the last one. */
import { writeSync } from 'node:fs';
import { Stream, type StreamOptions } from '../../src/index.js';

const [path = '', medium] = process.argv.slice(2);
const stream = await Stream.open(path, {
  readOnly: true,
  medium: medium as NonNullable<StreamOptions['medium']>,
});
let lags: number[] = [];
let newest = 0;
process.stdin.setEncoding('utf8').on('data', () => {
  writeSync(1, `${JSON.stringify({ newest, lags })}\n`);
  lags = [];
});
process.stdin.on('end', () => process.exit());
writeSync(1, 'ready\n');
for await (const entry of stream.tail({ from: stream.committed + 1 })) {
  newest = entry.timestamp;
  const { data } = entry;
  const sent = new DataView(data.buffer, data.byteOffset, 8).getFloat64(0, true);
  // 0: it was not written to be timed.
  if (sent > 0) lags.push(Number(process.hrtime.bigint()) - sent);
}
