/** One writer and the processes that follow it: what they cost the writer, and how far behind they are. See lib/groups.ts for the options. */
import { fileURLToPath } from 'node:url';
import { runGroups } from './lib/groups.js';
import { readerGroups } from './lib/readers.js';

await runGroups(
  fileURLToPath(import.meta.url),
  readerGroups,
  'Lag: from the moment before the append to the moment when the reader has the entry in its hands, in another process.',
);
