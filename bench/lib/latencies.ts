import { Cast, type Member } from '../subjects/cast.js';
import { BY_HAND, LEVEL, LMDB, SQLITE } from '../subjects/peers.js';
import type { SubjectProcess } from '../subjects/subject-process.js';
import { WRITTEN } from './disk-appends.js';
import type { Bench, Group } from './groups.js';
import { exactly, quantile } from './stats.js';

const QUANTILES = [
  { name: 'p50', part: 0.5 },
  { name: 'p99', part: 0.99 },
  { name: 'p99.9', part: 0.999 },
];

const ON_PMEM: readonly Member[] = [
  { name: 'pmem', role: 'varve', subject: 'varve', setting: 'pmem reused' },
];
const ON_DISK: readonly Member[] = ['page-cache', 'file'].map((name) => ({
  name,
  role: 'varve',
  subject: 'varve',
  setting: `${name} reused`,
}));
const BARE: Member = { name: WRITTEN, role: 'floor', subject: 'bare-disk', setting: 'written' };

/** So many in flight, by whom, and how many entries in all. */
interface Load {
  readonly inFlight: number;
  readonly members: readonly Member[];
  readonly entries: number;
}

const DISK: readonly Load[] = [
  { inFlight: 1, members: [...ON_DISK, BARE, BY_HAND, LMDB, SQLITE, LEVEL], entries: 4000 },
  // The others know no single entries among those that are durable together.
  { inFlight: 64, members: [...ON_DISK, LMDB, LEVEL], entries: 32_768 },
  { inFlight: 256, members: [...ON_DISK, LMDB], entries: 65_536 },
];
const PMEM: readonly Load[] = [1, 64, 256].map((inFlight) => ({
  inFlight,
  members: ON_PMEM,
  entries: 262_144,
}));

const WHERE = { pmem: 'pmem by name', disk: 'disk' };

/** One by one and in flight, on pmem and on a disk. */
export const latencies: readonly Group[] = [groupOf('pmem', PMEM), groupOf('disk', DISK)];

function groupOf(name: 'pmem' | 'disk', loads: readonly Load[]): Group {
  return {
    name,
    title: WHERE[name],
    place: name === 'pmem' ? 'in-memory' : 'disk',
    needsAddon: true,
    async run(bench) {
      for (const load of loads) await measure(bench, WHERE[name], load);
    },
  };
}

const SIZE = 64;
const PIECES = 16;

async function measure(bench: Bench, where: string, { inFlight, members, entries }: Load): Promise<void> {
  const cast = await Cast.start(bench, members);
  const count = Math.ceil(entries / PIECES / (bench.quick ? 8 : 1));
  const sorted = await sortedTimes(cast, inFlight, count);
  for (const { member, times: own } of sorted) {
    if (member.role !== 'varve') continue;
    for (const { name, part } of QUANTILES) {
      const value = quantile(own, part);
      bench.row({
        key: `${inFlight}/${member.name}/${name}`,
        table: `${where}, ${SIZE} B, ${inFlight === 1 ? 'one by one' : `${inFlight} in flight`}`,
        row: `${member.name}, ${name}`,
        unit: 'us',
        value: exactly(value / 1e3),
        others: sorted.flatMap(({ member: { name: who, role }, times: theirs }) => {
          if (role === 'varve') return [];
          const other = quantile(theirs, part);
          return { name: who, role, value: exactly(other / 1e3), ratio: exactly(value / other) };
        }),
        rounds: own.length,
      });
    }
  }
  await cast.close();
}

interface Times {
  readonly member: Member;
  readonly times: readonly number[];
}

/** What each member took, piece by piece in turn, from the shortest to the longest. */
async function sortedTimes(cast: Cast, inFlight: number, count: number): Promise<readonly Times[]> {
  const times = new Map<Member, number[]>();
  // The first piece compiles the code.
  for (let piece = -1; piece < PIECES; piece++) {
    for (const { member, process } of cast.playing) {
      const some = await latenciesOf(process, inFlight, count);
      if (piece >= 0) times.set(member, [...(times.get(member) ?? []), ...some]);
    }
  }
  return [...times].map(([member, some]) => ({ member, times: some.sort((a, b) => a - b) }));
}

function latenciesOf(process: SubjectProcess, inFlight: number, count: number): Promise<readonly number[]> {
  return process.times({ what: 'latencies', size: SIZE, count, inFlight });
}
