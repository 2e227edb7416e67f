import type { Part } from './lib/groups.js';
import { peerReads } from './lib/peer-reads.js';
import { reads } from './lib/reads.js';

/** Reading on pmem and in memory against a bare loop over the same amount of memory. */
export const part: Part = {
  name: 'read',
  title: 'Reading',
  text: `The floor is a loop in JavaScript that reads one word of each entry from as much memory. Of another day: pmemstream, in C, goes through
33 million entries of 64 B a second when it reads their first 8 bytes.`,
  groups: [...reads, peerReads],
};
