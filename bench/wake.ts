import type { Part } from './lib/groups.js';
import { wakes } from './lib/wakes.js';

/** How long it takes until a reader of another process is woken. */
export const part: Part = {
  name: 'wake',
  title: 'Waking a reader of another process',
  text: 'Both processes sleep between two entries, 1 to 2 ms: the times are those of an idle machine that has to get up. All kinds in turns.',
  groups: wakes,
};
