import { join } from 'node:path';
import { loadAddon } from '../../src/base/native-loader.js';
import { type Region, Stream } from '../../src/index.js';
import { floor, varve } from './contest.js';
import { RawDisk, strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';
import { timed, timedAsync } from './stats.js';

const MIB = 2 ** 20;
const STREAM = 128 * MIB;
const REGION = 16 * MIB;
/** Rounds that find fresh space: each takes some of the stream and of the raw file, and gives none back. */
const FRESH_ROUNDS_MAX = 60;

/** Appends where a drain is a sync of the disk. */
export const diskAppends: readonly Group[] = (['page-cache', 'file'] as const).map((medium) => ({
  name: medium,
  title: `${medium}, {place}: persisted`,
  place: 'disk',
  needsAddon: medium === 'page-cache',
  run: (bench) => onDisk(bench, medium),
}));

/** One way to append many entries in a round. */
interface Load {
  readonly size: number;
  /** Appends under way at a time: each that is done issues the next; 1 for appendSync. */
  readonly inFlight: number;
  /** Syncs of a round. */
  readonly groups: number;
}

async function onDisk(bench: Bench, medium: 'page-cache' | 'file'): Promise<void> {
  const path = join(bench.directory, `${medium}-${process.pid}`);
  const stream = await Stream.open(path, { size: STREAM, mode: 'create', medium });
  const region = await stream.allocate(REGION);
  const one: Load = { size: 64, inFlight: 1, groups: bench.quick ? 20 : 60 };
  const many: Load = { size: 64, inFlight: 256, groups: bench.quick ? 5 : 15 };
  await overWritten(bench, region, one);
  await overWritten(bench, region, many);
  await overWritten(bench, region, { ...many, size: 1024 });
  await overWritten(bench, region, { ...many, inFlight: 1024 });
  await overAllocated(bench, stream, one);
  await overAllocated(bench, stream, many);
  await stream.close();
}

/** Space of an earlier life, against blocks that were written before. */
async function overWritten(bench: Bench, region: Region, load: Load): Promise<void> {
  const raw = new RawDisk(bench.directory, REGION);
  const group = bytesOfGroup(load);
  await bench.measure({
    key: `written-${load.size}-${load.inFlight}`,
    name: `${nameOf(load)}, space written before`,
    entries: load.inFlight * load.groups,
    sides: [
      varve(async () => {
        await region.clear();
        return append(region, load);
      }),
      ...floor('write and fdatasync', () => raw.run(group, load.groups)),
    ],
  });
}

/** A new region every round, against blocks that were only allocated. */
async function overAllocated(bench: Bench, stream: Stream, load: Load): Promise<void> {
  const addon = loadAddon();
  const group = bytesOfGroup(load);
  const raw = addon && new RawDisk(bench.directory, STREAM / 2, addon);
  await bench.measure({
    key: `fresh-${load.size}-${load.inFlight}`,
    name: `${nameOf(load)}, space never used`,
    entries: load.inFlight * load.groups,
    roundsMax: FRESH_ROUNDS_MAX,
    sides: [
      varve(async () => {
        const region = await stream.allocate(group.length * load.groups);
        return append(region, load);
      }),
      ...floor('write and fdatasync, blocks only allocated', raw && (() => raw.run(group, load.groups))),
    ],
  });
}

function append(region: Region, { size, inFlight, groups }: Load): number | Promise<number> {
  const data = new Uint8Array(size).fill(7);
  if (inFlight === 1) {
    return timed(() => {
      for (let i = 0; i < groups; i++) region.appendSync(data);
    });
  }
  const lane = async () => {
    for (let i = 0; i < groups; i++) await region.append(data);
  };
  return timedAsync(async () => {
    await Promise.all(Array.from({ length: inFlight }, lane));
  });
}

function bytesOfGroup({ size, inFlight }: Load): Uint8Array {
  return new Uint8Array(strideOf(size) * inFlight).fill(7);
}

function nameOf({ size, inFlight }: Load): string {
  return `${size} B, ${inFlight === 1 ? 'appendSync' : `${inFlight} in flight`}`;
}
