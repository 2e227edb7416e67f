/** How long it takes until a reader of another process is woken, on every medium. See lib/groups.ts for the options. */
import { fileURLToPath } from 'node:url';
import { runGroups } from './lib/groups.js';
import { wakes } from './lib/wakes.js';

await runGroups(
  fileURLToPath(import.meta.url),
  wakes,
  'Both processes sleep between two entries, 1 to 2 ms: the times are those of an idle machine that has to get up. All kinds in turns.',
);
