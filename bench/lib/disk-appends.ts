import { Cast, type Member } from '../subjects/cast.js';
import { BY_HAND, HYPERCORE, LEVEL, LMDB, PEERS, SQLITE } from '../subjects/peers.js';
import { strideOf } from './floors.js';
import type { Bench } from './groups.js';

const MIB = 2 ** 20;

export const WRITTEN = 'write and fdatasync, blocks written before';
const ALLOCATED = 'write and fdatasync, blocks only allocated';

function ours(space: 'reused' | 'fresh'): Member[] {
  const against = [space === 'reused' ? WRITTEN : ALLOCATED, ...PEERS.map(({ name }) => name)];
  return ['page-cache', 'file'].map((medium) => ({
    name: `${medium}, ${space} space`,
    role: 'varve',
    subject: 'varve',
    setting: `${medium} ${space}`,
    against,
  }));
}

/** varve on both media of disks, in space that an earlier life had written and in space never used. */
const VARVE: readonly Member[] = [...ours('reused'), ...ours('fresh')];
const FLOORS: readonly Member[] = [
  { name: WRITTEN, role: 'floor', subject: 'bare-disk', setting: 'written' },
  { name: ALLOCATED, role: 'floor', subject: 'bare-disk', setting: 'allocated' },
];

/** Groups of a round by how many are in flight: where the processor has most to do, rounds are short, so that calm ones are calm all along. */
const GROUPS = { 64: 12, 256: 6, 1024: 4 };

/** Appends of one size, one by one and so many in flight. */
export async function appendsOf(bench: Bench, size: number, withPeers: boolean): Promise<void> {
  const cast = await Cast.start(bench, [...VARVE, ...FLOORS, ...(withPeers ? PEERS : [])]);
  const single = bench.quick ? 10 : 40;
  await bench.measure({
    key: 'alone',
    name: 'one by one',
    entries: single,
    sides: cast.sides(() => ({ what: 'each', size, count: single })),
  });
  for (const [inFlight, most] of Object.entries(GROUPS).map(
    ([lanes, groups]) => [Number(lanes), groups] as const,
  )) {
    const fit = Math.floor((16 * MIB) / (strideOf(size) * inFlight));
    const groups = Math.max(1, Math.min(bench.quick ? 4 : most, fit));
    await bench.measure({
      key: `${inFlight}`,
      name: `${inFlight} in flight`,
      entries: inFlight * groups,
      sides: cast.sides(() => ({ what: 'many', size, inFlight, groups })),
    });
  }
  await cast.close();
}

/** Appends that nobody waits for, one call each: they become durable later, or never. */
export async function buffered(bench: Bench): Promise<void> {
  const buffering = (member: Member): Member => ({ ...member, setting: 'buffered' });
  const varve = ours('reused').map(({ against: _, ...member }) => member);
  const cast = await Cast.start(bench, [
    ...varve,
    BY_HAND,
    buffering(LMDB),
    buffering(SQLITE),
    LEVEL,
    HYPERCORE,
  ]);
  const count = bench.quick ? 512 : 4096;
  for (const size of [64, 1024, 4096]) {
    await bench.measure({
      key: `${size}-B`,
      name: `${size} B`,
      entries: count,
      sides: cast.sides(() => ({ what: 'buffered', size, count })),
    });
  }
  await cast.close();
}
