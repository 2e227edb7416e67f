import { join } from 'node:path';
import { loadPeer } from '../lib/peers.js';
import { inLanes, type Subject } from './subject.js';

/** What is used of classic-level. */
interface Database {
  open(): Promise<void>;
  put(key: Uint8Array, value: Uint8Array, options: { sync: boolean }): Promise<void>;
  batch(
    operations: readonly { type: 'put'; key: Uint8Array; value: Uint8Array }[],
    options: { sync: boolean },
  ): Promise<void>;
  getSync(key: Uint8Array): Uint8Array | undefined;
  iterator(options: { reverse: boolean }): {
    nextv(count: number): Promise<readonly (readonly [Uint8Array, Uint8Array])[]>;
    close(): Promise<void>;
  };
  close(): Promise<void>;
}

/** classic-level: keys of eight bytes in the order of their numbers, no compression; entries that come together are one batch, by hand. */
export const subject: Subject = {
  load: () => loadPeer('classic-level'),
  async open(directory) {
    const { ClassicLevel } = (await loadPeer('classic-level')) as {
      ClassicLevel: new (path: string, options: object) => Database;
    };
    const database = new ClassicLevel(join(directory, 'level'), {
      keyEncoding: 'view',
      valueEncoding: 'view',
      compression: false,
    });
    await database.open();
    let next = 0;
    const batchOf = (data: Uint8Array, count: number) =>
      Array.from({ length: count }, () => ({ type: 'put' as const, key: keyOf(next++), value: data }));
    const append = (data: Uint8Array) => database.put(keyOf(next++), data, { sync: true });
    return {
      append,
      appendBeside: append,
      async appendMany(data, inFlight, groups) {
        for (let i = 0; i < groups; i++) await database.batch(batchOf(data, inFlight), { sync: true });
      },
      appendBuffered: (data, count) =>
        inLanes(LANES, Math.ceil(count / LANES), () => database.put(keyOf(next++), data, { sync: false })),
      async fill(data, count) {
        for (let i = 0; i < count; i += FILL) {
          await database.batch(batchOf(data, Math.min(FILL, count - i)), { sync: i + FILL >= count });
        }
      },
      scan: (reverse) => scan(database, reverse),
      get(numbers) {
        let found = 0;
        for (const number of numbers) if (database.getSync(keyOf(number))?.[0] !== undefined) found++;
        return found;
      },
      close: () => database.close(),
    };
  },
};

const LANES = 256;
const FILL = 10_000;

function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setUint32(4, number);
  return key;
}

async function scan(database: Database, reverse: boolean): Promise<number> {
  const iterator = database.iterator({ reverse });
  let entries = 0;
  let sum = 0;
  for (let some = await iterator.nextv(1000); some.length > 0; some = await iterator.nextv(1000)) {
    for (const [key, value] of some) {
      sum += (key[7] ?? 0) + (value[0] ?? 0);
      entries++;
    }
  }
  await iterator.close();
  return sum >= 0 ? entries : 0;
}
