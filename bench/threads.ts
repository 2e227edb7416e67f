import type { Part } from './lib/groups.js';
import { threadGroups } from './lib/threads.js';

/** Appends by several threads to one region and to several, and by way of one writing thread. */
export const part: Part = {
  name: 'threads',
  title: 'Threads',
  text: `The floor is one thread that has the stream for itself. Of another day: pmemstream, in C, 2 threads to 2 regions, persisted each: 1420 ns an entry
of 64 B and thread, so 710 ns an entry; one thread alone 544 ns: two threads give 0.77 times the rate of one there. It takes one appender a region.`,
  groups: threadGroups,
};
