import type { Part } from './lib/groups.js';
import { readerGroups } from './lib/readers.js';

/** One writer and the processes that follow it: what they cost the writer, and how far behind they are. */
export const part: Part = {
  name: 'readers',
  title: 'Readers in other processes',
  text: 'Lag: from the moment before the append to the moment when the reader has the entry in its hands, in another process.',
  groups: readerGroups,
};
