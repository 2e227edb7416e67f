/**
 * A writer that does this and that until it is killed, or its standard input ends: `live-writer.js <path> <medium> <seed> <lives> <end>`.
 * It tells on its standard output, line by line, what it found and did: nothing of that is lost when it is killed.
 *
 * lives: JSON, how often each region was cleared as far as is known; end: 'end' if it is to leave a last entry, and close
 */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entry, type Region, Stream, type StreamOptions } from '../../src/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { isFailure } from '../helpers/errors.js';
import { END, type Told } from './live-told.js';
import { type Origin, originOf, payloadOf } from './payload.js';

const [path = '', medium, seed = '1', known = '{}', end] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const lives = new Map(
  Object.entries(JSON.parse(known) as Record<string, number>).map(([id, n]) => [Number(id), n]),
);
let sequence = Number(seed) * 1_000_000;
let over = false;
process.stdin.resume().on('end', () => {
  over = true;
});

function tell(told: Told): void {
  writeSync(1, `${JSON.stringify(told)}\n`);
}

function tellEntry({ region, life, sequence: number }: Origin, { timestamp }: Entry): void {
  tell({ what: 'entry', region, life, sequence: number, timestamp });
}

const stream = Stream.openSync(path, { medium: medium as NonNullable<StreamOptions['medium']> });
for (const region of stream.regions()) {
  const found = Array.from(region, (entry) => ({ entry, origin: originOf(entry.copy(), 'the next writer') }));
  const last = found.at(-1)?.origin.life ?? (lives.get(region.id) ?? 0) + 1;
  lives.set(region.id, last);
  tell({ what: 'life', region: region.id, life: last });
  for (const { entry, origin } of found) tellEntry(origin, entry);
}
tell({ what: 'ready' });

function next(region: Region): { origin: Origin; payload: Uint8Array } {
  const origin = { region: region.id, life: lives.get(region.id) ?? 0, sequence: ++sequence };
  return { origin, payload: payloadOf(origin, random(random(10) === 0 ? 3000 : 150)) };
}

type Next = ReturnType<typeof next>;

async function appendAtOnce(region: Region, some: readonly Next[]): Promise<void> {
  const settled = await Promise.allSettled(some.map(({ payload }) => region.append(payload)));
  for (const [i, { origin }] of some.entries()) {
    const outcome = settled[i];
    if (outcome?.status === 'fulfilled') tellEntry(origin, outcome.value);
  }
  for (const outcome of settled) if (outcome.status === 'rejected') throw outcome.reason;
}

/** Full regions are cleared or freed. */
async function append(region: Region): Promise<void> {
  const some = Array.from({ length: 1 + random(6) }, () => next(region));
  try {
    if (random(3) === 0) await appendAtOnce(region, some);
    else {
      for (const { origin, payload } of some) {
        tellEntry(origin, region.appendSync(payload, { until: random(3) === 0 ? 'persisted' : 'committed' }));
      }
    }
  } catch (error) {
    if (!isFailure(error, ['VARVE_FULL'])) throw error;
    await renew(region);
  }
}

async function renew(region: Region): Promise<void> {
  if (random(2) === 0) {
    await region.free();
    tell({ what: 'freed', region: region.id });
    return;
  }
  const life = (lives.get(region.id) ?? 0) + 1;
  await region.clear();
  lives.set(region.id, life);
  tell({ what: 'life', region: region.id, life });
}

async function allocate(): Promise<void> {
  try {
    const names = new Set(Array.from(stream.regions(), ({ name }) => name));
    const name = `n${random(8)}`;
    const region = await stream.allocate(4096 * (1 + random(8)), names.has(name) ? {} : { name });
    lives.set(region.id, 0);
    tell({ what: 'life', region: region.id, life: 0 });
  } catch (error) {
    if (!isFailure(error, ['VARVE_FULL'])) throw error;
  }
}

async function act(): Promise<void> {
  const regions = [...stream.regions()];
  const region = regions[random(Math.max(1, regions.length))];
  const choice = random(40);
  if (region === undefined || (choice < 4 && regions.length < 30)) await allocate();
  else if (choice < 6) await renew(region);
  else if (choice === 6) await sleep(random(20));
  else if (choice === 7) await stream.persist();
  else await append(region);
}

if (end === 'end') {
  const region = stream.allocateSync(4096, { name: END });
  const origin = { region: region.id, life: 0, sequence: ++sequence };
  tellEntry(origin, region.appendSync(payloadOf(origin, 10)));
} else {
  while (!over) {
    await act();
    if (random(4) === 0) await sleep(random(3));
  }
}
await stream.close();
process.exit();
