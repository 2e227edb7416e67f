import type { Part } from './lib/groups.js';
import { spaces } from './lib/spaces.js';

/** Bytes on the disk, and bytes of memory. */
export const part: Part = {
  name: 'space',
  title: 'Space',
  text: `Blocks of the file system that a log takes once it is closed, for each of its entries, payload included. varve's stream is as large as its entries need: it does not grow by
itself. And the memory of a process that has opened a log of 1 GiB, in entries of 1 KiB, and read all of it; a mapped file that was read counts as resident, as long as nobody else needs the memory.`,
  groups: spaces,
};
