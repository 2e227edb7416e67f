import type { Part } from './lib/groups.js';
import { openings } from './lib/openings.js';

/** How long it takes until a log that is there can be appended to. */
export const part: Part = {
  name: 'open',
  title: 'Opening',
  text: `Logs of entries of 64 B, opened for writing in a process that has just begun; its modules are loaded before. After a clean close, and after \`kill -9\`: directly after a
mark, that is a second after the last append, and long after one: 14 MiB were appended since, and after 16 MiB there is a mark by itself. The other libraries were killed after
10,240 appends.`,
  groups: openings,
};
