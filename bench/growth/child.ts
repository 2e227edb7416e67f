/**
 * A process that writes to a stream and is killed: `child.js <path> <medium> <order as JSON>`. It ends without closing anything, so that the
 * next one finds what a crash leaves.
 */
import { type Region, Stream } from '../../src/index.js';
import type { ChildOrder } from './crash.js';

const [path = '', medium, order = ''] = process.argv.slice(2);
const { create, regions, entries, size } = JSON.parse(order) as ChildOrder;
const kind = medium as 'pmem' | 'page-cache' | 'file';
const stream = Stream.openSync(
  path,
  create === undefined ? { medium: kind } : { medium: kind, mode: 'create', size: create.stream },
);
if (create !== undefined) stream.allocateSync(create.region);
const data = new Uint8Array(size).fill(7);
const ids = Array.from({ length: regions }, (_, i) => stream.region(i + 1) as Region);
for (let i = 0; i < entries; i += 1) {
  (ids[i % regions] as Region).appendSync(data, { until: 'committed' });
  // Nobody runs the background meanwhile.
  if ((i & 0xffff) === 0xffff) stream.persistSync();
}
stream.persistSync();
process.kill(process.pid, 'SIGKILL');
