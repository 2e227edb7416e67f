import { join } from 'node:path';
import { MemoryMedium, type Region, Stream } from '../../src/index.js';
import { FloorMode, mapFloor, strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';
import { digits, printRemark } from './report.js';
import { summarize, timed } from './stats.js';

const MIB = 2 ** 20;
const REGION = 32 * MIB;
/** Bytes that one round stores at most: both sides go through the same amount of memory. */
const ROUND = 16 * MIB;
const GROUP = 256;

/** Appends where a drain is a fence or nothing: pmem by name, and memory. */
export const memoryAppends: readonly Group[] = [
  {
    name: 'pmem-persisted',
    title: 'pmem by name, {place}: appendSync, each persisted / C: copy, flush, one fence each',
    place: 'in-memory',
    needsAddon: true,
    async run(bench) {
      const { stream, region } = await openPmem(bench);
      for (const size of [8, 64, 256, 1024, 4096, 65536])
        await each(bench, region, size, 20_000, PERSIST_EACH);
      await stream.close();
    },
  },
  {
    name: 'pmem-committed',
    title: "pmem by name, {place}: appendSync until 'committed' / C: copy only",
    place: 'in-memory',
    needsAddon: true,
    async run(bench) {
      const { stream, region } = await openPmem(bench);
      for (const size of [64, 1024]) await committed(bench, stream, region, size);
      await stream.close();
    },
  },
  {
    name: 'pmem-groups',
    title: `pmem by name, {place}: committed, persistSync every ${GROUP} / C: copy, one flush and fence every ${GROUP}`,
    place: 'in-memory',
    needsAddon: true,
    async run(bench) {
      const { stream, region } = await openPmem(bench);
      for (const size of [64, 1024]) await persistedInGroups(bench, stream, region, size);
      await stream.close();
    },
  },
  {
    name: 'memory',
    title: 'memory: appendSync / C: copy only',
    place: 'none',
    needsAddon: false,
    async run(bench) {
      const stream = await Stream.open(new MemoryMedium(REGION + MIB));
      const region = await stream.allocate(REGION);
      await each(bench, region, 64, 100_000, COPY);
      await stream.close();
    },
  },
];

async function openPmem({ directory }: Bench): Promise<{ stream: Stream; region: Region }> {
  const path = join(directory, `pmem-${process.pid}`);
  const stream = await Stream.open(path, { size: REGION + MIB, mode: 'create', medium: 'pmem' });
  return { stream, region: await stream.allocate(REGION) };
}

/** Entries of a round: short enough that most rounds pass undisturbed, and the median is of those. */
function entriesOf(size: number, most: number, quick: boolean): number {
  return Math.min(quick ? most / 4 : most, Math.floor(ROUND / strideOf(size)));
}

/** What a case is held against. */
interface Floor {
  name: string;
  mode: (typeof FloorMode)[keyof typeof FloorMode];
}
const PERSIST_EACH: Floor = { name: 'copy, flush, fence', mode: FloorMode.persistEach };
const COPY: Floor = { name: 'copy', mode: FloorMode.copy };

/** One append after the other, each done by the medium's own idea of durable. */
async function each(bench: Bench, region: Region, size: number, most: number, floor: Floor): Promise<void> {
  const data = new Uint8Array(size).fill(7);
  const entries = entriesOf(size, most, bench.quick);
  const mapping = mapFloor(bench.directory, REGION);
  await bench.measure({
    name: `${size} B`,
    floorName: floor.name,
    entries,
    subject() {
      region.clearSync();
      return timed(() => {
        for (let i = 0; i < entries; i++) region.appendSync(data);
      });
    },
    floor: mapping && (() => mapping.run(data, entries, floor.mode)),
  });
}

/** What the background would do later is done at the end of each round, and told as a figure of its own. */
async function committed(bench: Bench, stream: Stream, region: Region, size: number): Promise<void> {
  const data = new Uint8Array(size).fill(7);
  const entries = entriesOf(size, 100_000, bench.quick);
  const mapping = mapFloor(bench.directory, REGION);
  const later: number[] = [];
  await bench.measure({
    name: `${size} B`,
    floorName: 'copy',
    entries,
    subject() {
      region.clearSync();
      const appends = timed(() => {
        for (let i = 0; i < entries; i++) region.appendSync(data, { until: 'committed' });
      });
      later.push(timed(() => stream.persistSync()) / entries);
      return appends;
    },
    floor: mapping && (() => mapping.run(data, entries, FloorMode.copy)),
  });
  printRemark(
    `and ${digits(summarize(later).median)} ns an entry of ${size} B to persist them all afterwards`,
  );
}

async function persistedInGroups(bench: Bench, stream: Stream, region: Region, size: number): Promise<void> {
  const data = new Uint8Array(size).fill(7);
  const groups = Math.floor(entriesOf(size, 100_000, bench.quick) / GROUP);
  const entries = groups * GROUP;
  const mapping = mapFloor(bench.directory, REGION);
  await bench.measure({
    name: `${size} B`,
    floorName: `copy, flush and fence every ${GROUP}`,
    entries,
    subject() {
      region.clearSync();
      return timed(() => {
        for (let group = 0; group < groups; group++) {
          for (let i = 0; i < GROUP; i++) region.appendSync(data, { until: 'committed' });
          stream.persistSync();
        }
      });
    },
    floor: mapping && (() => mapping.run(data, entries, FloorMode.persistGroups, GROUP)),
  });
}
