import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Region, Stream } from '../../src/index.js';
import type { Bench, Group } from '../lib/groups.js';
import { timed, timedAsync } from '../lib/stats.js';
import { writeAndCrash } from './crash.js';
import {
  afterWarming,
  BYTES,
  Curves,
  each,
  heapInUse,
  powersOfTen,
  REGIONS,
  remove,
  TIME,
} from './curves.js';

/** Bytes of a region, and entries that all of them hold together at least. */
const REGION = 4096;
const ENTRIES = 100_000;
/** Entries that come to those. */
const MORE = 2000;
/** Regions that are appended to before a crash. */
const TOUCHED = 10;
const DATA = new Uint8Array(8).fill(7);

/** A stream with more and more regions. */
export const regionGroups: readonly Group[] = [
  {
    name: 'regions',
    title: 'more and more regions, pmem by name, {place}',
    place: 'in-memory',
    needsAddon: true,
    run: workWithRegions,
  },
  ...(['pmem', 'page-cache', 'file'] as const).map(
    (kind): Group => ({
      name: `regions-open-${kind}`,
      title: `opening with more and more regions, ${kind}, {place}`,
      place: kind === 'pmem' ? 'in-memory' : 'disk',
      needsAddon: true,
      run: (bench) => openWithRegions(bench, kind),
    }),
  ),
];

function counts({ quick }: Bench): number[] {
  return powersOfTen(0, quick ? 4 : 5);
}

/** Bytes for so many regions, with their table. */
function sizeFor(regions: number, bytes: number): number {
  return 2 ** 20 + 2 * regions * 1024 + (regions + TOUCHED) * bytes;
}

async function workWithRegions(bench: Bench): Promise<void> {
  const changing = new Curves(bench, {
    name: 'regions-change',
    title: 'A change, by the number of regions: pmem',
    x: REGIONS,
    y: TIME,
    note: 'Regions of 4 KiB. Each free is of any region, each allocation takes such a piece again.',
  });
  const reading = new Curves(bench, {
    name: 'regions-read',
    title: 'Reading in global order, by the number of regions: pmem',
    x: REGIONS,
    y: TIME,
    note: 'The regions are appended to by turns, so that each entry comes from another one: the merge has to choose among all of them. Its memory is passed over in no order.',
  });
  const memory = new Curves(bench, {
    name: 'regions-memory',
    title: 'Memory of an open stream, by the number of regions: pmem',
    x: REGIONS,
    y: BYTES,
    note: 'What the heap has more once the stream is open, and once every region was looked at.',
  });
  await afterWarming([changing, reading, memory], counts(bench), async (regions) => {
    const path = join(bench.directory, `regions-${regions}`);
    const entries = Math.max(2, Math.ceil(ENTRIES / regions));
    const bytes = Math.ceil(((entries + MORE / regions) * 24) / REGION) * REGION;
    const stream = Stream.openSync(path, { size: sizeFor(regions, bytes), mode: 'create', medium: 'pmem' });
    const all: Region[] = [];
    const allocations: number[] = [];
    while (all.length < regions) {
      const some = Math.min(100, regions - all.length);
      allocations.push(...each(1, some, () => all.push(stream.allocateSync(bytes))));
    }
    changing.add('allocate', regions, allocations.slice(-10));
    for (let i = 0; i < entries * regions; i += 1) {
      (all[i % regions] as Region).appendSync(DATA, { until: 'committed' });
    }
    stream.persistSync();
    changing.add(
      'append, persisted',
      regions,
      each(5, 200, (i) => all[(i * 7919) % regions]?.appendSync(DATA)),
    );
    readAll(stream, regions, reading);
    reading.add('follow all, an entry', regions, [await follow(stream, all)]);
    changeAll(stream, all, bytes, changing);
    stream.closeSync();
    measureMemory(path, regions, memory);
    remove(path);
  });
}

function readAll(stream: Stream, regions: number, reading: Curves): void {
  const scans = Array.from({ length: 3 }, () => {
    let seen = 0;
    const time = timed(() => {
      for (const _ of stream.entries()) seen += 1;
    });
    return time / seen;
  });
  reading.add('scan, an entry', regions, scans);
  const newest = Array.from({ length: 3 }, () =>
    timed(() => {
      for (const _ of stream.entries({ from: stream.committed })) break;
    }),
  );
  reading.add('from the newest entry on, to begin', regions, newest);
}

/** Nanoseconds from an append to the moment when who follows all regions has the entry, in the same thread. */
async function follow(stream: Stream, all: readonly Region[]): Promise<number> {
  const rounds = 100;
  const stop = new AbortController();
  const tail = stream.tail({ from: stream.committed + 1, signal: stop.signal });
  let next = tail.next();
  await new Promise((resolve) => setImmediate(resolve));
  const time = await timedAsync(async () => {
    for (let i = 0; i < rounds; i += 1) {
      all[(i * 7919) % all.length]?.appendSync(DATA);
      await next;
      next = tail.next();
    }
  });
  stop.abort();
  await next;
  return time / rounds;
}

function changeAll(stream: Stream, all: readonly Region[], bytes: number, changing: Curves): void {
  const some = Math.min(all.length, 500);
  const chosen = Array.from({ length: some }, (_, i) => all[Math.floor((i * all.length) / some)] as Region);
  changing.add(
    'free',
    all.length,
    each(1, some, (i) => chosen[i]?.freeSync()),
  );
  changing.add(
    'stream.available',
    all.length,
    each(3, 100, () => stream.available),
  );
  changing.add(
    'allocate a freed piece',
    all.length,
    each(1, some, () => stream.allocateSync(bytes)),
  );
}

function measureMemory(path: string, regions: number, memory: Curves): void {
  const before = heapInUse();
  const stream = Stream.openSync(path, { medium: 'pmem' });
  memory.add('opened', regions, [Math.max(1, heapInUse() - before)]);
  for (const _ of stream.entries()) break;
  memory.add('every region looked at', regions, [Math.max(1, heapInUse() - before)]);
  stream.closeSync();
}

async function openWithRegions(bench: Bench, kind: 'pmem' | 'page-cache' | 'file'): Promise<void> {
  const opening = new Curves(bench, {
    name: `regions-open-${kind}`,
    title: `Opening, by the number of regions: ${kind}`,
    x: REGIONS,
    y: TIME,
    note: `Each region has a line in the table, which opening reads. Crashes are processes that are killed after they have appended to ${TOUCHED} of the regions, or to every one.`,
  });
  await afterWarming([opening], counts(bench), (regions) => {
    const path = join(bench.directory, `open-${regions}`);
    // By fences, whatever it is opened by later: on a disk each allocation would take its syncs.
    const made = Stream.openSync(path, { size: sizeFor(regions, REGION), mode: 'create', medium: 'pmem' });
    for (let i = 0; i < regions; i += 1) made.allocateSync(REGION, { name: `region ${i}` });
    made.closeSync();
    opening.add('after a clean close', regions, times(3, path, kind, false));
    opening.add('read-only', regions, times(3, path, kind, true));
    const touched = Math.min(TOUCHED, regions);
    for (const count of new Set([touched, regions])) {
      writeAndCrash(path, kind, { regions: count, entries: count, size: 8 });
      copyFileSync(path, `${path}-again`);
      const samples = [path, `${path}-again`].flatMap((each) => times(1, each, kind, false));
      if (count === touched) opening.add(`after a crash, ${TOUCHED} touched`, regions, samples);
      if (count === regions) opening.add('after a crash, all touched', regions, samples);
    }
    remove(path, `${path}-again`);
  });
}

function times(
  count: number,
  path: string,
  medium: 'pmem' | 'page-cache' | 'file',
  readOnly: boolean,
): number[] {
  return Array.from({ length: count }, () => {
    let stream: Stream | undefined;
    const time = timed(() => {
      stream = Stream.openSync(path, { medium, readOnly });
    });
    stream?.closeSync();
    return time;
  });
}
