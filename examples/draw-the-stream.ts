// Draws a stream as regions and entries. `varve tree` does the same with more care for large streams.
//
//   node build/examples/draw-the-stream.js [path of an existing stream]
import { MemoryMedium, Stream } from 'varve';

async function sample(): Promise<Stream> {
  const stream = await Stream.open(new MemoryMedium('1MiB'));
  const letters = await stream.allocate('16KiB', { name: 'letters' });
  const numbers = await stream.allocate('64KiB', { name: 'numbers' });
  for (let i = 1; i <= 3; i += 1) {
    letters.appendSync('abc'.repeat(i));
    numbers.appendSync(new Uint32Array([i, i * i]));
  }
  return stream;
}

const path = process.argv[2];
const stream =
  path === undefined ? await sample() : await Stream.open(path, { mode: 'open', readOnly: true });

console.log(`stream: ${stream.size} bytes`);
for (const region of stream.regions()) {
  console.log(`├── ${region.name ?? region.id}: ${region.size} bytes`);
  const cursor = region.cursor(); // a cursor makes no object for each entry
  while (cursor.next()) {
    const hex = Buffer.from(cursor.data).toString('hex');
    console.log(`│   ├── at ${cursor.offset}, timestamp ${cursor.timestamp}, ${cursor.size} bytes: ${hex}`);
  }
}
await stream.close();
