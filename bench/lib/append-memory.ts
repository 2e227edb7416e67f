import { join } from 'node:path';
import { MemoryMedium, type Region, Stream } from '../../src/index.js';
import { type Floor, type Pmemlog, startFloor, startPmemlog } from '../sides/floor.js';
import { isCalm, probed, probedAsync, type Round } from './calm.js';
import { floor, peer, type Side, varve } from './contest.js';
import { strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';
import { summarizeCalm } from './stats.js';

const MIB = 2 ** 20;
const REGION = 32 * MIB;
/** Bytes that one round stores at most. */
const ROUND = 6 * MIB;
/** Entries of a round that are persisted one by one: a millisecond or two. */
const EACH = 8000;
/** Entries of a round that are only committed, or in groups: the same. */
const MANY = 40_000;
const SIZES = [8, 64, 256, 1024, 4096, 65536];

/** What a group works with: a stream with one region, and the bare machine. */
interface Work {
  readonly bench: Bench;
  readonly stream: Stream;
  readonly log: Lapping;
  readonly bare: Floor | undefined;
  readonly pmemlog: Pmemlog | undefined;
}

/** Appends where a drain is a fence or nothing: pmem by name, and memory. */
export const memoryAppends: readonly Group[] = [
  onPmem('pmem-persisted', 'appendSync, each persisted', persisted),
  onPmem('pmem-committed', "appendSync until 'committed'", committed),
  onPmem('pmem-groups', 'appendSync until committed, persistSync for every 256', inGroups),
  onPmem('pmem-64', 'append, 64 in flight, each persisted when it resolves', (work, size) =>
    inFlight(work, size, 64),
  ),
  onPmem('pmem-256', 'append, 256 in flight', (work, size) => inFlight(work, size, 256)),
  onPmem('pmem-1024', 'append, 1024 in flight', (work, size) => inFlight(work, size, 1024)),
  {
    name: 'memory',
    title: 'memory: appendSync',
    place: 'none',
    needsAddon: false,
    async run(bench) {
      const stream = await Stream.open(new MemoryMedium(REGION + MIB));
      const region = await stream.allocate(REGION);
      const log = new Lapping(region);
      const bare = startFloor(bench.directory, REGION, bench.leaveOut);
      for (const size of SIZES) {
        const entries = entriesOf(size, MANY, bench.quick);
        const copying = floor('copy', bare && (() => bare.run('copy', size, entries)));
        await each({ bench, stream, log, bare, pmemlog: undefined }, size, MANY, copying);
      }
      await stream.close();
    },
  },
];

function onPmem(name: string, title: string, measure: (work: Work, size: number) => Promise<void>): Group {
  return {
    name,
    title: `pmem by name, {place}: ${title}`,
    place: 'in-memory',
    needsAddon: true,
    async run(bench) {
      const path = join(bench.directory, `pmem-${process.pid}`);
      const stream = await Stream.open(path, { size: REGION + MIB, mode: 'create', medium: 'pmem' });
      const log = new Lapping(await stream.allocate(REGION));
      const bare = startFloor(bench.directory, REGION, bench.leaveOut);
      const pmemlog =
        name === 'pmem-persisted' ? startPmemlog(bench.directory, REGION, bench.leaveOut) : undefined;
      for (const size of SIZES) await measure({ bench, stream, log, bare, pmemlog }, size);
      await stream.close();
    },
  };
}

/**
 * A region that rounds go through from end to end, and then again: a round that always began at its front would stay in the caches. All of it
 * is written once before: what is measured is memory, not the kernel that finds it.
 */
class Lapping {
  readonly region: Region;

  constructor(region: Region) {
    this.region = region;
    const data = new Uint8Array(MIB - strideOf(0));
    while (region.available >= MIB) region.appendSync(data, { until: 'committed' });
    region.clearSync();
  }

  /** There is room for a round then. Landmarks take a little, too. */
  makeRoom(size: number, entries: number): void {
    if (this.region.available < entries * strideOf(size) + MIB / 64) this.region.clearSync();
  }
}

/** Entries of a round. */
function entriesOf(size: number, most: number, quick: boolean): number {
  return Math.min(quick ? most / 4 : most, Math.floor(ROUND / strideOf(size)));
}

/** One append after the other, each done by the medium's own idea of durable. */
async function each(work: Work, size: number, most: number, besides: readonly Side[]): Promise<void> {
  const { bench, log } = work;
  const { region } = log;
  const data = new Uint8Array(size).fill(7);
  const entries = entriesOf(size, most, bench.quick);
  const append = (): Round => {
    log.makeRoom(size, entries);
    return probed(() => {
      for (let i = 0; i < entries; i++) region.appendSync(data);
    });
  };
  await bench.measure({ key: `${size}`, name: `${size} B`, entries, sides: [varve(append), ...besides] });
}

async function persisted(work: Work, size: number): Promise<void> {
  const { bare, pmemlog, bench } = work;
  const entries = entriesOf(size, EACH, bench.quick);
  await each(work, size, EACH, [
    ...floor('copy, flush, fence', bare && (() => bare.run('each', size, entries))),
    ...floor('copy, two flushes and fences', bare && (() => bare.run('twice', size, entries))),
    ...peer('libpmemlog', pmemlog && (() => pmemlog.run(size, entries))),
  ]);
}

/** What the background would do later is done at the end of each round, and told as a figure of its own. */
async function committed({ bench, stream, log, bare }: Work, size: number): Promise<void> {
  const { region } = log;
  const data = new Uint8Array(size).fill(7);
  const entries = entriesOf(size, MANY, bench.quick);
  const later: Round[] = [];
  const append = (): Round => {
    log.makeRoom(size, entries);
    const appends = probed(() => {
      for (let i = 0; i < entries; i++) region.appendSync(data, { until: 'committed' });
    });
    later.push(probed(() => stream.persistSync()));
    return appends;
  };
  const sides = [varve(append), ...floor('copy', bare && (() => bare.run('copy', size, entries)))];
  const { rounds } = await bench.measure({ key: `${size}`, name: `${size} B`, entries, sides });
  bench.row({
    key: `${size}-later`,
    table: 'and what it takes to persist them all afterwards, for one entry',
    row: `${size} B`,
    unit: 'ns',
    value: summarizeCalm(
      later.slice(-rounds).map((round) => ({ value: round.time / entries, calm: isCalm(round) })),
    ),
    others: [],
    rounds,
  });
}

async function inGroups({ bench, stream, log, bare }: Work, size: number): Promise<void> {
  const { region } = log;
  const group = 256;
  const data = new Uint8Array(size).fill(7);
  const groups = Math.max(1, Math.floor(entriesOf(size, MANY, bench.quick) / group));
  const entries = groups * group;
  const append = (): Round => {
    log.makeRoom(size, entries);
    return probed(() => {
      for (let round = 0; round < groups; round++) {
        for (let i = 0; i < group; i++) region.appendSync(data, { until: 'committed' });
        stream.persistSync();
      }
    });
  };
  await bench.measure({
    key: `${size}`,
    name: `${size} B`,
    entries,
    sides: [varve(append), ...floorsOfGroups(bare, size, entries, group)],
  });
}

/** Promises, each of which is resolved once its entry is durable, and then issues the next. */
async function inFlight({ bench, log, bare }: Work, size: number, lanes: number): Promise<void> {
  const { region } = log;
  const data = new Uint8Array(size).fill(7);
  const groups = Math.max(1, Math.floor(entriesOf(size, EACH, bench.quick) / lanes));
  if (groups * lanes * strideOf(size) > REGION) {
    bench.leaveOut(
      `${lanes} in flight of ${size} B: they would take more than the region's ${REGION / MIB} MiB`,
    );
    return;
  }
  const entries = groups * lanes;
  const append = async (): Promise<Round> => {
    log.makeRoom(size, entries);
    const lane = async (): Promise<void> => {
      for (let i = 0; i < groups; i++) await region.append(data);
    };
    return probedAsync(async () => {
      await Promise.all(Array.from({ length: lanes }, lane));
    });
  };
  await bench.measure({
    key: `${size}`,
    name: `${size} B`,
    entries,
    sides: [varve(append), ...floorsOfGroups(bare, size, entries, lanes)],
  });
}

function floorsOfGroups(bare: Floor | undefined, size: number, entries: number, group: number): Side[] {
  return [
    ...floor(
      `copy, flush and fence for every ${group}`,
      bare && (() => bare.run('groups', size, entries, group)),
    ),
    ...floor('copy, two flushes and fences each', bare && (() => bare.run('twice', size, entries))),
  ];
}
