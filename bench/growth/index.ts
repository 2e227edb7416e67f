import type { Part } from '../lib/groups.js';
import { companionGroups } from './companions.js';
import { entryGroups } from './entries.js';
import { logGroups } from './logs.js';
import { regionGroups } from './regions.js';
import { sizeGroups } from './size.js';

/** How the cost of each operation grows with everything there can be many of. */
export const part: Part = {
  name: 'growth',
  title: 'How the cost grows',
  text: 'Both axes are logarithmic: a level line is a cost that does not grow, one that rises as steeply as the diagonal is in proportion.',
  groups: [...entryGroups, ...regionGroups, ...sizeGroups, ...logGroups, ...companionGroups],
};
