/** Acknowledgements of a consumer against appends to its log, on every medium. See lib/groups.ts for the options. */
import { fileURLToPath } from 'node:url';
import { acknowledgements } from './lib/acknowledgements.js';
import { runGroups } from './lib/groups.js';

await runGroups(
  fileURLToPath(import.meta.url),
  acknowledgements,
  'The floor is an append of as many bytes as an acknowledgement stores.',
);
