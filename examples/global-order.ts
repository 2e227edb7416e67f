// Timestamps order the entries of all regions: several logs in one stream, and one history.
import { MemoryMedium, type Region, Stream } from 'varve';

const stream = await Stream.open(new MemoryMedium('1MiB'));
const orders = await stream.allocate('64KiB', { name: 'orders' });
const stock = await stream.allocate('64KiB', { name: 'stock' });

const happen = (region: Region, what: string) => region.appendSync(what);
happen(stock, 'ten apples came in');
happen(orders, 'Ada orders three apples');
happen(stock, 'three apples went out');
happen(orders, 'Grace orders nine apples');
const refusal = happen(stock, 'only seven apples are left');

console.log('each region on its own:');
for (const region of stream.regions()) {
  console.log(`  ${region.name}: ${Array.from(region, (entry) => entry.text()).join('; ')}`);
}

console.log('all of them, as it happened:');
for (const entry of stream.entries())
  console.log(`  ${entry.timestamp} ${entry.region.name}: ${entry.text()}`);

console.log(`from timestamp ${refusal.timestamp} on:`);
for (const entry of stream.entries({ from: refusal.timestamp })) console.log(`  ${entry.text()}`);

await stream.close();
