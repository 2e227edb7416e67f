import { appendsOf, buffered } from './lib/disk-appends.js';
import type { Group, Part } from './lib/groups.js';
import { HOW } from './subjects/peers.js';

/** Sizes at which all peers take part; at the others it is varve beside the bare disk. */
const WITH_PEERS = [64, 1024, 4096];
const SIZES = [8, 64, 256, 1024, 4096, 65536];

const bySize = SIZES.map(
  (size): Group => ({
    name: `${size}`,
    title: `{place}: entries of ${size} B`,
    place: 'disk',
    needsAddon: true,
    run: (bench) => appendsOf(bench, size, WITH_PEERS.includes(size)),
  }),
);

const committed: Group = {
  name: 'committed',
  title: '{place}: entries that nobody waits for: varve until committed, the others without a sync',
  place: 'disk',
  needsAddon: true,
  run: buffered,
};

/** Appends where a drain is a sync of the disk. */
export const part: Part = {
  name: 'disk',
  title: 'Appends to a disk',
  text: `Every row is durable when it is done, but for those of the last table. The floors write as many bytes as varve stores, by one write and one fdatasync for so many entries as are in flight, and
nothing else: over blocks that were written before, or over blocks that were only allocated, as varve's own space is: *reused* where entries of an earlier life stood, or *fresh*. The others grow
their files. varve has a promise for each entry in flight, and so has lmdb.

${HOW}`,
  groups: [...bySize, committed],
};
