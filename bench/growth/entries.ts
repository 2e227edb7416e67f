import { join } from 'node:path';
import { type Region, Stream } from '../../src/index.js';
import type { Bench, Group } from '../lib/groups.js';
import { timed } from '../lib/stats.js';
import { writeAndCrash } from './crash.js';
import {
  afterWarming,
  BYTES,
  Curves,
  ENTRIES,
  each,
  heapInUse,
  powersOfTen,
  remove,
  TIME,
} from './curves.js';

type Kind = 'pmem' | 'page-cache' | 'file';

const SIZE = 8;
const STRIDE = 24;
/** Entries that a session appends that is killed soon. */
const SOON = 50_000;
const MIB = 2 ** 20;

/** One region with more and more entries. */
export const entryGroups: readonly Group[] = (['pmem', 'page-cache', 'file'] as const).map((kind) => ({
  name: `entries-${kind}`,
  title: `one region with more and more entries of ${SIZE} B, ${kind}, {place}`,
  place: kind === 'pmem' ? 'in-memory' : 'disk',
  needsAddon: kind !== 'file',
  run: (bench) => grow(bench, kind),
}));

async function grow(bench: Bench, kind: Kind): Promise<void> {
  const note = (text: string) => `Entries of ${SIZE} B in one region. ${text}`;
  const opening = new Curves(bench, {
    name: `entries-open-${kind}`,
    title: `Opening, by the number of entries: ${kind}`,
    x: ENTRIES,
    y: TIME,
    note: note(
      `Crashes are processes that are killed: after all of it was written in one go, or ${SOON} entries after an opening. A mark is made for every million entries or 64 MiB of a region.`,
    ),
  });
  const work = new Curves(bench, {
    name: `entries-work-${kind}`,
    title: `An operation, by the number of entries: ${kind}`,
    x: ENTRIES,
    y: TIME,
    note: note('The point read is by timestamp, once the index in memory is there.'),
  });
  const first = new Curves(bench, {
    name: `entries-index-${kind}`,
    title: `The first point read, and the first entry backwards, by the number of entries: ${kind}`,
    x: ENTRIES,
    y: TIME,
    note: note(
      'Landmarks in the region lead to within 4 MiB of what is looked for, which are gone through once.',
    ),
  });
  const memory = new Curves(bench, {
    name: `entries-memory-${kind}`,
    title: `Memory of the index, by the number of entries: ${kind}`,
    x: ENTRIES,
    y: BYTES,
    note: note('What the heap has more once the index is there.'),
  });
  await afterWarming([opening, work, first, memory], powersOfTen(3, bench.quick ? 6 : 8), (entries) => {
    const path = join(bench.directory, `${kind}-${entries}`);
    const region = roundUp((entries + 5 * SOON) * STRIDE, 4096);
    const create = { stream: region + MIB, region };
    writeAndCrash(path, kind, { create, regions: 1, entries, size: SIZE });
    opening.add('after a crash, one long session', entries, [openAndClose(path, kind)]);
    opening.add(
      'after a clean close',
      entries,
      Array.from({ length: 7 }, () => openAndClose(path, kind)),
    );
    const crashes = Array.from({ length: bench.quick ? 2 : 3 }, () => {
      writeAndCrash(path, kind, { regions: 1, entries: SOON, size: SIZE });
      return openAndClose(path, kind);
    });
    opening.add(`after a crash, ${SOON} entries after opening`, entries, crashes);
    read(path, kind, entries, { work, first, memory });
    remove(path);
  });
}

function openAndClose(path: string, kind: Kind): number {
  let stream: Stream | undefined;
  const time = timed(() => {
    stream = Stream.openSync(path, { medium: kind });
  });
  stream?.closeSync();
  return time;
}

function read(
  path: string,
  kind: Kind,
  entries: number,
  { work, first, memory }: Readonly<Record<'work' | 'first' | 'memory', Curves>>,
): void {
  let stream = Stream.openSync(path, { medium: kind });
  let region = stream.region(1) as Region;
  first.add('newest entry, backwards', entries, [
    timed(() => {
      for (const _ of region.entries({ reverse: true })) break;
    }),
  ]);
  stream.closeSync();
  stream = Stream.openSync(path, { medium: kind });
  region = stream.region(1) as Region;
  const before = heapInUse();
  first.add('first point read, of the newest', entries, [timed(() => region.get(stream.committed))]);
  memory.add('index', entries, [Math.max(1, heapInUse() - before)]);
  let wanted = 1;
  const gets = each(5, 2000, () => {
    wanted = (wanted * 48271) % 2147483647;
    region.get(1 + (wanted % entries));
  });
  work.add('point read', entries, gets);
  const scans = Array.from({ length: 3 }, () => {
    let seen = 0;
    const time = timed(() => {
      const cursor = region.cursor();
      while (cursor.next()) seen += 1;
    });
    return time / seen;
  });
  work.add('scan, an entry', entries, scans);
  const data = new Uint8Array(SIZE).fill(7);
  const appends = each(5, SOON / 10, () => region.appendSync(data, { until: 'committed' }));
  work.add('append, committed', entries, appends);
  stream.closeSync();
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit;
}
