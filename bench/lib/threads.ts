import { join } from 'node:path';
import { MemoryMedium, type Region, Stream } from '../../src/index.js';
import { Company } from './company.js';
import { floor, varve } from './contest.js';
import { strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';
import { timed } from './stats.js';

const MIB = 2 ** 20;
const REGION = 16 * MIB;
const SIZE = 64;

type Kind = 'pmem' | 'page-cache' | 'memory';
type Until = 'committed' | 'persisted';

/** One way for several threads to append. */
interface Case {
  readonly threads: number;
  readonly regions: number;
  readonly mode: 'shared' | 'posting';
}

const CASES: readonly Case[] = [
  { threads: 1, regions: 1, mode: 'shared' },
  { threads: 2, regions: 1, mode: 'shared' },
  { threads: 4, regions: 1, mode: 'shared' },
  { threads: 2, regions: 2, mode: 'shared' },
  { threads: 4, regions: 4, mode: 'shared' },
  { threads: 1, regions: 1, mode: 'posting' },
  { threads: 2, regions: 1, mode: 'posting' },
];

/** Every medium with every idea of done; the floor is one thread that has the stream for itself. */
export const threadGroups: readonly Group[] = [
  groupOf('pmem', 'committed'),
  groupOf('pmem', 'persisted'),
  groupOf('memory', 'committed'),
  groupOf('page-cache', 'persisted'),
];

function groupOf(kind: Kind, until: Until): Group {
  const where = kind === 'memory' ? 'memory' : `${kind === 'pmem' ? 'pmem by name' : kind}, {place}`;
  return {
    name: `${kind}-${until}`,
    title: `${where}: appendSync of ${SIZE} B until ${until}, by several threads / by one thread, the stream not shared`,
    place: kind === 'pmem' ? 'in-memory' : kind === 'page-cache' ? 'disk' : 'none',
    needsAddon: kind !== 'memory',
    async run(bench) {
      for (const one of CASES) await measure(bench, kind, until, one);
    },
  };
}

async function measure(bench: Bench, kind: Kind, until: Until, one: Case): Promise<void> {
  const { threads, regions: count } = one;
  const entries = entriesOf(kind, bench.quick);
  const stream = await open(bench, kind, 'shared');
  const regions = await Promise.all(
    Array.from({ length: count }, () => stream.allocate(regionSize(entries, threads / count))),
  );
  const company = new Company({ ...one, stream, regions, size: SIZE, entries, until });
  await company.ready();
  const alone = await open(bench, kind, 'alone');
  const region = await alone.allocate(regionSize(entries, threads));
  await bench.measure({
    key: `${one.mode}-${threads}-${count}`,
    name: nameOf(one),
    entries: entries * threads,
    sides: [
      varve(async () => {
        for (const each of regions) await each.clear();
        return company.round();
      }),
      ...floor('one thread, not shared', () => {
        region.clearSync();
        return appendAlone(region, entries * threads, until);
      }),
    ],
  });
  await company.end();
  await stream.close();
  await alone.close();
}

/** Entries of a thread and round. */
function entriesOf(kind: Kind, quick: boolean): number {
  if (kind === 'page-cache') return quick ? 20 : 60;
  return quick ? 5_000 : 20_000;
}

function regionSize(entries: number, threads: number): number {
  return Math.max(MIB, entries * threads * strideOf(SIZE) + 4096);
}

function open({ directory }: Bench, kind: Kind, name: string): Promise<Stream> {
  if (kind === 'memory') return Stream.open(new MemoryMedium(4 * REGION));
  const path = join(directory, `${name}-${process.pid}-${performance.now()}`);
  return Stream.open(path, { size: 4 * REGION, mode: 'create', medium: kind });
}

function appendAlone(region: Region, entries: number, until: Until): number {
  const data = new Uint8Array(SIZE).fill(7);
  return timed(() => {
    for (let i = 0; i < entries; i += 1) region.appendSync(data, { until });
  });
}

function nameOf({ threads, regions, mode }: Case): string {
  const who = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  if (mode === 'posting') return `${who}, by postMessage to one that writes`;
  return `${who} to ${regions} ${regions === 1 ? 'region' : 'regions'}`;
}
