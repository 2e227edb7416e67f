// Many appends at once share one sync of the medium (group commit): that is what makes durable appends fast.
import { Stream } from 'varve';
import { scratchPath } from './helpers/scratch.js';

const stream = await Stream.open(scratchPath('measurements.varve'), { size: '4MiB' });
const region = await stream.allocate('1MiB');

// Each promise resolves once its entry would survive a power cut.
const appends = Array.from({ length: 1000 }, (_, i) => region.append(`measurement ${i}`));
const entries = await Promise.all(appends);
console.log(`${entries.length} entries are durable, the last of them: ${entries.at(-1)?.text()}`);

// Who does not need to know can go on at once: readers see the entry, durability follows soon, in the background.
const quick = await region.append('not urgent', { until: 'committed' });
console.log(`committed: ${stream.committed >= quick.timestamp}`);
await stream.whenPersisted(quick.timestamp);
console.log(`persisted: ${stream.persisted >= quick.timestamp}`);

await stream.close();
