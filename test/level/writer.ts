// Writes pairs that belong together until it is killed, and says which of them are durable.
import { VarveLevel } from '../../examples/level/level.js';

const [path = '', from = '0'] = process.argv.slice(2);
const db = new VarveLevel(path, { segmentSize: 8192, size: '128KiB', maxSize: '128KiB' });
for (let number = Number(from); ; number += 1) {
  const value = `${number} ${'x'.repeat(100)}`;
  await db.batch([
    { type: 'put', key: 'last', value },
    { type: 'put', key: `key ${number % 50}`, value },
  ]);
  process.stdout.write(`${number}\n`);
}
