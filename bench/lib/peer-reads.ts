import { Cast, type Member } from '../subjects/cast.js';
import { HYPERCORE, LEVEL, LMDB, SQLITE } from '../subjects/peers.js';
import { strideOf } from './floors.js';
import type { Bench, Group } from './groups.js';

const SIZE = 64;
/** How many times fewer entries hypercore gets. */
const SLOW = 50;

/** The same entries in every library, read in one process each. */
export const peerReads: Group = {
  name: 'peers',
  title: `{place}: a log of entries of ${SIZE} B`,
  place: 'disk',
  needsAddon: true,
  run: measure,
};

async function measure(bench: Bench): Promise<void> {
  const entries = bench.quick ? 50_000 : 1_000_000;
  bench.remark(`Logs of ${entries} entries, of hypercore ${entries / SLOW}.`);
  // Two orders of magnitude behind: as many entries would take most of an hour.
  const few = entries / SLOW;
  const bytes = entries * strideOf(SIZE) + 2 ** 20;
  const ours: readonly Member[] = ['page-cache', 'file'].map((name) => ({
    name,
    role: 'varve',
    subject: 'varve',
    setting: `${name} ${bytes}`,
  }));
  const cast = await Cast.start(bench, [...ours, LMDB, SQLITE, LEVEL, { ...HYPERCORE, entries: few }]);
  for (const { member, process } of cast.playing) {
    await process.time({ what: 'fill', size: SIZE, count: member.entries ?? entries });
  }
  for (const reverse of [false, true]) {
    await bench.measure({
      key: reverse ? 'backward' : 'forward',
      name: `all entries ${reverse ? 'backward' : 'forward'}, numbers and first bytes`,
      entries,
      sides: cast.sides((member) => ({ what: 'scan', reverse, entries: member.entries ?? entries })),
    });
  }
  const count = bench.quick ? 1000 : 10_000;
  await bench.measure({
    key: 'get',
    name: 'one entry by its number, at random',
    entries: count,
    sides: cast
      .sides((member) => ({ what: 'get', count, entries: member.entries ?? entries }))
      .map(({ entries: _, ...side }) => side),
  });
  await cast.close();
}
