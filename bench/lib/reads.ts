import { join } from 'node:path';
import { type Medium, MemoryMedium, type Region, Stream } from '../../src/index.js';
import { Laps, probed, type Round } from './calm.js';
import { floor, type Side, varve } from './contest.js';
import { mappedWords, strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';
import { randomOrder } from './random.js';

const MIB = 2 ** 20;
const SIZE = 64;
const STRIDE = strideOf(SIZE);
/** Index of the payload's first word in an entry. */
const PAYLOAD_WORD = 4;
const REGIONS = 64;

/** One way to read. */
interface Reading {
  readonly name: string;
  readonly regions: number;
  /** Entries of a round, a millisecond or two. A pass goes through all entries, so that they come from memory and not from caches. */
  readonly lap: number;
  run(bench: Bench, log: Log): Promise<void>;
}

/** A stream with a known number of entries, closed once since. */
interface Log {
  readonly entries: number;
  /** Entries of a round. */
  readonly lap: number;
  readonly floor: Words;
  stream(): Stream;
  region(): Region;
  reopen(): Promise<void>;
}

/** Memory of the same kind, as many words as the entries take. */
type Words = Uint32Array;

const READINGS: readonly Reading[] = [
  { name: 'cursor', regions: 1, lap: 50_000, run: byCursor },
  {
    name: 'for-of',
    regions: 1,
    lap: 50_000,
    run: (bench, log) => byIterator(bench, log, 'for…of, timestamp', timestamps),
  },
  {
    name: 'data',
    regions: 1,
    lap: 20_000,
    run: (bench, log) => byIterator(bench, log, 'for…of, data[0]', firstBytes),
  },
  { name: 'reverse', regions: 1, lap: 25_000, run: reversed },
  { name: 'merged', regions: REGIONS, lap: 10_000, run: merged },
  { name: 'get', regions: 1, lap: 1000, run: byTimestamp },
];

/** Every way to read on pmem and in memory, each in a process of its own. */
export const reads: readonly Group[] = (['pmem', 'memory'] as const).flatMap((medium) =>
  READINGS.map(({ name, regions, lap, run }) => ({
    name: `${medium}-${name}`,
    title: `${medium}${medium === 'pmem' ? ' by name, {place}' : ''}: entries of ${SIZE} B`,
    place: medium === 'pmem' ? ('in-memory' as const) : ('none' as const),
    needsAddon: medium === 'pmem',
    run: async (bench: Bench) => run(bench, await fill(bench, medium, regions, lap)),
  })),
);

async function byCursor(bench: Bench, log: Log): Promise<void> {
  const pass = (): readonly Round[] => {
    const laps = new Laps(log.lap);
    const cursor = log.region().cursor();
    let { next } = laps;
    let entries = 0;
    let sum = 0;
    while (cursor.next()) {
      sum += cursor.view.getUint32(cursor.viewOffset, true);
      if (++entries === next) next = laps.lap();
    }
    return finish(log, laps, entries, sum);
  };
  const measure = (key: string, name: string, run: Side['run']) =>
    bench.measure({ key, name, entries: log.lap, sides: [varve(run), ...scan(log)] });
  await measure('later', 'cursor, first 4 bytes, later passes', pass);
  await measure(
    'first',
    'cursor, first 4 bytes, first pass after reopening (verifies checksums)',
    async () => {
      await log.reopen();
      return pass();
    },
  );
  // Code that has seen several streams come and go is compiled less well.
  await measure('reopened', 'cursor, first 4 bytes, later passes in a process that reopened often', pass);
}

async function byIterator(
  bench: Bench,
  log: Log,
  name: string,
  read: (log: Log) => readonly Round[],
): Promise<void> {
  await bench.measure({
    key: 'pass',
    name,
    entries: log.lap,
    sides: [varve(() => read(log)), ...scan(log)],
  });
}

function timestamps(log: Log): readonly Round[] {
  const laps = new Laps(log.lap);
  let { next } = laps;
  let entries = 0;
  let sum = 0;
  for (const entry of log.region()) {
    sum += entry.timestamp;
    if (++entries === next) next = laps.lap();
  }
  return finish(log, laps, entries, sum);
}

function firstBytes(log: Log): readonly Round[] {
  const laps = new Laps(log.lap);
  let { next } = laps;
  let entries = 0;
  let sum = 0;
  for (const entry of log.region()) {
    sum += entry.data[0] ?? 0;
    if (++entries === next) next = laps.lap();
  }
  return finish(log, laps, entries, sum);
}

async function reversed(bench: Bench, log: Log): Promise<void> {
  await byIterator(bench, log, 'entries({ reverse }), timestamp', () => {
    const laps = new Laps(log.lap);
    let { next } = laps;
    let entries = 0;
    let sum = 0;
    for (const entry of log.region().entries({ reverse: true })) {
      sum += entry.timestamp;
      if (++entries === next) next = laps.lap();
    }
    return finish(log, laps, entries, sum);
  });
}

async function merged(bench: Bench, log: Log): Promise<void> {
  await byIterator(bench, log, `stream.entries() over ${REGIONS} regions, timestamp`, () => {
    const laps = new Laps(log.lap);
    let { next } = laps;
    let entries = 0;
    let sum = 0;
    for (const entry of log.stream().entries()) {
      sum += entry.timestamp;
      if (++entries === next) next = laps.lap();
    }
    return finish(log, laps, entries, sum);
  });
}

async function byTimestamp(bench: Bench, log: Log): Promise<void> {
  const region = log.region();
  const first = region[Symbol.iterator]().next().value?.timestamp ?? 0;
  const order = randomOrder(50_000, log.entries);
  const parts = Array.from({ length: order.length / log.lap }, (_, i) =>
    order.subarray(i * log.lap, (i + 1) * log.lap),
  );
  const get = (part: Uint32Array): void => {
    let found = 0;
    for (const index of part) if (region.get(first + index) !== undefined) found++;
    if (found !== part.length) throw new Error(`get found ${found} of ${part.length} entries`);
  };
  const look = (part: Uint32Array): void => {
    let sum = 0;
    for (const index of part) sum += log.floor[(index * STRIDE) / 4 + PAYLOAD_WORD] ?? 0;
    use(sum);
  };
  await bench.measure({
    key: 'get',
    name: 'get(timestamp) at random',
    entries: log.lap,
    sides: [
      varve(() => parts.map((part) => probed(() => get(part)))),
      ...floor('one word at random', () => parts.map((part) => probed(() => look(part)))),
    ],
  });
}

/** The least that going through the entries can cost in JavaScript: one word of each. */
function scan(log: Log): Side[] {
  const { floor: words } = log;
  const length = log.lap * (STRIDE / 4);
  const lap = (from: number): void => {
    let sum = 0;
    for (let word = from + PAYLOAD_WORD; word < from + length; word += STRIDE / 4)
      sum += words[word] as number;
    use(sum);
  };
  const pass = (): Round[] =>
    Array.from({ length: words.length / length }, (_, i) => probed(() => lap(i * length)));
  return floor('one word of each', pass);
}

/** Entries are spread over the regions one by one, so that merging changes the region with every entry. */
async function fill(bench: Bench, medium: 'pmem' | 'memory', regionCount: number, lap: number): Promise<Log> {
  const entries = bench.quick ? 100_000 : 1_000_000;
  const size = entries * STRIDE + (regionCount + 1) * MIB;
  const open = opener(bench, medium, size);
  let stream = await open();
  // Landmarks take a little of a region.
  const bytes = Math.ceil(entries / regionCount) * STRIDE + MIB / 64;
  const regions = Array.from({ length: regionCount }, (_, i) => stream.allocateSync(bytes, { name: `${i}` }));
  const words = new Uint32Array(SIZE / 4);
  for (let i = 0; i < entries; i++) {
    words[0] = i;
    regions[i % regionCount]?.appendSync(words, { until: 'committed' });
  }
  await stream.close();
  stream = await open();
  return {
    entries,
    lap,
    floor: wordsLike(bench, medium, entries * STRIDE),
    stream: () => stream,
    region: () => stream.region('0') as Region,
    async reopen() {
      await stream.close();
      stream = await open();
    },
  };
}

function opener(bench: Bench, kind: 'pmem' | 'memory', size: number): () => Promise<Stream> {
  if (kind === 'pmem') {
    const path = join(bench.directory, `read-${process.pid}`);
    return () => Stream.open(path, { size, medium: 'pmem' });
  }
  const medium: Medium = new MemoryMedium(size);
  return () => Stream.open(medium);
}

/** Written to, since memory never touched is no memory. */
function wordsLike(bench: Bench, medium: 'pmem' | 'memory', bytes: number): Words {
  const mapped = medium === 'pmem' ? mappedWords(bench.directory, bytes) : undefined;
  return (mapped ?? new Uint32Array(bytes / 4)).fill(1);
}

/** A figure for something that was not read would be worth nothing. */
function finish(log: Log, { rounds }: Laps, entries: number, sum: number): readonly Round[] {
  if (entries !== log.entries) throw new Error(`${entries} of ${log.entries} entries were read`);
  use(sum);
  return rounds;
}

/** Where sums go, so that the compiler may not leave the reading out. */
const used = new Float64Array(1);

function use(sum: number): void {
  used[0] = sum;
}
