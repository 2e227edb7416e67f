import type { Part } from './lib/groups.js';
import { latencies } from './lib/latencies.js';

/** How long single appends take, the slow ones among them. */
export const part: Part = {
  name: 'latency',
  title: 'Latencies',
  text: `From the call to the moment when it is durable: \`appendSync\` or what each library has for one entry, and promises of so many in flight at a time. All in turns,
in pieces of some hundred entries. Reading the clock is in it: 50 to 80 ns.`,
  groups: latencies,
};
