// Writes an entry in place: no buffer of one's own, no copy. Until it is published nobody sees it.
import { Stream } from 'varve';
import { scratchPath } from './helpers/scratch.js';

const stream = await Stream.open(scratchPath('messages.varve'), { size: '1MiB' });
const region = await stream.allocate('64KiB');

// Reserve as much as it may become, write into the medium itself, publish what it became.
const slot = region.reserve(100);
const { written } = new TextEncoder().encodeInto('grüße aus dem See', slot.data);
const entry = slot.publishSync(written);
console.log(`published ${entry.size} of 100 bytes: ${entry.text()}`);

// A slot that is given up leaves nothing behind.
const abandoned = region.reserve(1000);
abandoned.data.fill(0xff);
abandoned.cancel();
console.log(`entries after a cancelled slot: ${[...region].length}`);

// Entries keep the order in which they were reserved, whatever the order in which they are published.
const first = region.reserve(5);
const second = region.reserve(6);
second.data.set(Buffer.from('second'));
const secondDurable = second.publish();
first.data.set(Buffer.from('first'));
await Promise.all([first.publish(), secondDurable]);
console.log(Array.from(region, (each) => each.text()).join(', '));

await stream.close();
