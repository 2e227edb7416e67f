import { join } from 'node:path';
import { loadPeer } from '../lib/peers.js';
import { inLanes, type Subject } from './subject.js';

/** What is used of lmdb. */
interface Database {
  put(key: number, value: Uint8Array): Promise<boolean>;
  getBinaryFast(key: number): Uint8Array | undefined;
  getRange(options: { reverse: boolean }): Iterable<{ readonly key: number; readonly value: Uint8Array }>;
  readonly flushed: Promise<unknown>;
  close(): Promise<void>;
}

/** lmdb: one binary value for each number, appended as promises, which it gathers into transactions by itself. */
export const subject: Subject = {
  load: () => loadPeer('lmdb'),
  async open(directory, setting) {
    const { open } = (await loadPeer('lmdb')) as { open(options: object): Database };
    const options = {
      path: join(directory, 'lmdb'),
      encoding: 'binary',
      keyEncoding: 'uint32',
      mapSize: 8 * 2 ** 30,
    };
    // By default a promise resolves once readers see the entry, and the flush comes later.
    const database = open(setting === 'buffered' ? options : { ...options, overlappingSync: false });
    // Backward ranges do not reach the key 0.
    let next = 1;
    const append = (data: Uint8Array) => database.put(next++, data);
    return {
      append,
      appendBeside: append,
      appendMany: (data, inFlight, groups) => inLanes(inFlight, groups, () => append(data)),
      appendBuffered: (data, count) => inLanes(LANES, Math.ceil(count / LANES), () => append(data)),
      async fill(data, count) {
        for (let i = 0; i < count; i += FILL) {
          const puts = Array.from({ length: Math.min(FILL, count - i) }, () => append(data));
          await puts.at(-1);
        }
        await database.flushed;
      },
      scan(reverse) {
        let entries = 0;
        let sum = 0;
        for (const { key, value } of database.getRange({ reverse })) {
          sum += key + (value[0] ?? 0);
          entries++;
        }
        return sum >= 0 ? entries : 0;
      },
      get(numbers) {
        let found = 0;
        for (const number of numbers) if (database.getBinaryFast(number + 1)?.[0] !== undefined) found++;
        return found;
      },
      close: () => database.close(),
    };
  },
};

const LANES = 256;
const FILL = 10_000;
