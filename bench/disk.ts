import { diskAppends } from './lib/append-disk.js';
import type { Part } from './lib/groups.js';

/** Appends where a drain is a sync of the disk. */
export const part: Part = {
  name: 'disk',
  title: 'Appends to a disk',
  text: 'Times are for one entry.',
  groups: diskAppends,
};
