import { acknowledgements } from './lib/acknowledgements.js';
import type { Part } from './lib/groups.js';

/** Acknowledgements of a consumer against appends to its log. */
export const part: Part = {
  name: 'consumers',
  title: 'Acknowledgements of consumers',
  text: 'The floor is an append of as many bytes as an acknowledgement stores.',
  groups: acknowledgements,
};
