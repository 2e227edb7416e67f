/**
 * A process that writes with several threads: `writer.js '<order as JSON>'`. It says 'ready' once its threads work, at the end how many
 * it has terminated, and ends with its standard input: whoever started it may have been killed.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryMedium, Stream } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { act } from './actor.js';
import { Crew } from './crew.js';
import type { Desk } from './desk.js';
import { ACTORS_OF_RUN } from './history.js';
import { LAST_REGION, TAPE_BYTES, type WriterOrder } from './orders.js';
import { Reading } from './reading.js';
import { Kind, now, Tape } from './tape.js';

const SIZE = 4 * 2 ** 20;
const REGIONS = [128, 256, 512];

const order = JSON.parse(process.argv[2] ?? '{}') as WriterOrder;
const { directory, run, dies, last } = order;
const actor = run * ACTORS_OF_RUN;
const random = seededRandom(order.seed);
const path = join(directory, `tape-${actor}`);
const tape = new Tape(new Float64Array(TAPE_BYTES / 8), dies ? path : undefined);
process.stdin.resume().on('end', () => process.exit(3));

tape.add(Kind.open, now());
const stream =
  order.path === undefined
    ? Stream.openSync(new MemoryMedium(SIZE))
    : Stream.openSync(order.path, { size: SIZE, medium: order.medium });
const crew = new Crew(order, random);
const desk: Desk = {
  stream,
  actor,
  random,
  tape,
  directory,
  lives: new Int32Array(crew.lives),
  stopped: () => crew.stopped,
};
const reading = new Reading(desk);
reading.survey();
if (stream.regions().next().done === true) for (const size of REGIONS) stream.allocateSync(size * 1024);

const handle = stream.share();
await crew.start(handle);
writeSync(1, 'ready\n');
const working = crew.work(handle);
const writing = await act(desk);
await working;
reading.survey();
if (last) await writing.finish(LAST_REGION);
tape.add(Kind.close, now());
await stream.close();
crew.save();
if (!dies) tape.saveAs(path);
writeSync(1, `terminated ${crew.terminated}\n`);
process.exit(0);
