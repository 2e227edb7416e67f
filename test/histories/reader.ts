/**
 * A process that follows a stream which another one writes: `reader.js '<order as JSON>'`. It reads in all ways, over the deaths of writers,
 * until a line comes in; then it follows until the last writer has said that this was all. It ends with its standard input, as
 * whoever started it may have been killed.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Stream } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import type { Desk } from './desk.js';
import { LAST_REGION, type ReaderOrder, TAPE_BYTES } from './orders.js';
import { Reading } from './reading.js';
import { Tape } from './tape.js';

const { path, medium, directory, actor, seed } = JSON.parse(process.argv[2] ?? '{}') as ReaderOrder;
const random = seededRandom(seed);
const tape = new Tape(new Float64Array(TAPE_BYTES / 8), join(directory, `tape-${actor}`));
process.stdin.on('end', () => process.exit(3));

let stopped = false;
void once(process.stdin, 'data').then(() => {
  stopped = true;
});
const stream = await Stream.open(path, { readOnly: true, medium });
const lives = new Int32Array(1);
const desk: Desk = { stream, actor, random, tape, directory, lives, stopped: () => stopped };
const reading = new Reading(desk);
writeSync(1, 'ready\n');
while (!desk.stopped() && !tape.full) {
  await reading.any();
  await delay(3 + random(20));
}
await reading.end();
await reading.followTo(LAST_REGION);
reading.survey();
await stream.close();
writeSync(1, 'followed\n');
process.exit(0);
