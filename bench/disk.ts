import { appendsOf } from './lib/disk-appends.js';
import type { Group, Part } from './lib/groups.js';

/** Sizes at which all peers take part; at the others it is varve beside the bare disk. */
const WITH_PEERS = [64, 1024, 4096];
const SIZES = [8, 64, 256, 1024, 4096, 65536];

const groups: readonly Group[] = SIZES.map((size) => ({
  name: `${size}`,
  title: `{place}: entries of ${size} B`,
  place: 'disk',
  needsAddon: true,
  run: (bench) => appendsOf(bench, size, WITH_PEERS.includes(size)),
}));

/** Appends where a drain is a sync of the disk. */
export const part: Part = {
  name: 'disk',
  title: 'Appends to a disk',
  text: 'Times are for one entry.',
  groups,
};
