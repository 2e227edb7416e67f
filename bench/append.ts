import { memoryAppends } from './lib/append-memory.js';
import type { Part } from './lib/groups.js';

/** Appends where a drain is a fence or nothing, beside the bare machine and libpmemlog. */
export const part: Part = {
  name: 'append',
  title: 'Appends to memory that lasts',
  text: `\`pmem\` by name: the entries go into a mapped file, and are durable once their cache lines were written back and a fence was passed.
The floors do that and nothing else, in C (\`bench/c/floor.c\`); libpmemlog does it by \`pmemlog_append\`, told to write lines back. Times are for one entry.`,
  groups: memoryAppends,
};
