// Appends to two regions, closes the stream, opens it again and reads everything back.
//
//   node build/examples/basic-iteration.js [path]
import { Stream } from 'varve';
import { scratchPath } from './helpers/scratch.js';

const path = process.argv[2] ?? scratchPath('lake.varve');

const writing = await Stream.open(path, { size: '1MiB' });
const summer = writing.region('summer') ?? (await writing.allocate('64KiB', { name: 'summer' }));
const winter = writing.region('winter') ?? (await writing.allocate('128KiB', { name: 'winter' }));
await summer.append('sand and silt'); // resolves once it would survive a power cut
await winter.append('fine clay');
summer.appendSync(new Uint8Array([0xca, 0xfe])); // the same, blocking
await writing.close();

const reading = await Stream.open(path, { mode: 'open', readOnly: true });
for (const region of reading.regions()) {
  console.log(`${region.name}: ${region.size} bytes`);
  for (const entry of region) {
    console.log(
      `  timestamp ${entry.timestamp}, ${entry.size} bytes: ${Buffer.from(entry.data).toString('hex')}`,
    );
  }
}
await reading.close();
