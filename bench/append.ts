/** Appends on every medium against the floor of the bare medium. See lib/groups.ts for the options. */
import { fileURLToPath } from 'node:url';
import { diskAppends } from './lib/append-disk.js';
import { memoryAppends } from './lib/append-memory.js';
import { runGroups } from './lib/groups.js';

await runGroups(
  fileURLToPath(import.meta.url),
  [...memoryAppends, ...diskAppends],
  'Of another day: pmemstream, persisted each, was at 2.2 times the floor for 64 B (544 ns), and at 272 ns persisted every 256.',
);
