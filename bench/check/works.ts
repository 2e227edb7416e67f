import { join } from 'node:path';
import { MemoryMedium, type Region, Stream } from '../../src/index.js';

export type Kind = 'pmem' | 'page-cache' | 'file' | 'memory';

/** Something to be counted. */
export interface Work {
  readonly kind: Kind;
  /** Operations of a round. The optimising compiler is done with them after four rounds. */
  readonly operations: number;
  /** For those that are timed in several fresh processes: what the floor beside them has to do. */
  readonly timed?: 'copies' | 'persists';
  /** Files go to a directory of its own. Returns a round. */
  prepare(kind: Kind, directory: string, operations: number): Promise<Round>;
}

/** So many operations, always the same. */
export type Round = () => void | Promise<void>;

const MIB = 2 ** 20;
/** Room for all rounds of a work. */
const ROOM = 56 * MIB;
const COMMITTED = { until: 'committed' } as const;
const IN_FLIGHT = 256;

/** Every operation whose cost is watched. */
export const WORKS: Readonly<Record<string, Work>> = {
  'append 64 B, persisted, pmem': { ...appends(64, undefined), kind: 'pmem', timed: 'persists' },
  'append 1 KiB, persisted, pmem': { ...appends(1024, undefined), kind: 'pmem', operations: 7000 },
  'append 64 B, committed, pmem': { ...appends(64, COMMITTED), kind: 'pmem', timed: 'copies' },
  'append 64 B, persisted, memory': { ...appends(64, undefined), kind: 'memory' },
  'append 64 B, promise, 256 in flight, memory': {
    kind: 'memory',
    operations: 12_800,
    async prepare(kind, directory, operations) {
      const region = await regionOn(kind, directory);
      const data = new Uint8Array(64).fill(7);
      // No `Array.from({ length })`: it looks each index up in that object, which takes a quarter of all instructions then.
      const appends: Promise<unknown>[] = new Array(IN_FLIGHT).fill(undefined);
      return async () => {
        for (let i = 0; i < operations; i += IN_FLIGHT) {
          for (let j = 0; j < IN_FLIGHT; j += 1) appends[j] = region.append(data);
          await Promise.all(appends);
        }
      };
    },
  },
  'append 64 B to a log, committed, memory': { ...appendsToLog(COMMITTED), kind: 'memory' },
  'append 64 B to a log, persisted, pmem': { ...appendsToLog(undefined), kind: 'pmem' },
  'append 64 B to a shared stream, committed, memory': {
    kind: 'memory',
    operations: 10_000,
    async prepare(kind, directory, operations) {
      const stream = await open(kind, directory);
      stream.share();
      return appending(await stream.allocate(ROOM / 2), 64, COMMITTED, operations);
    },
  },
  'transaction of two, memory': {
    kind: 'memory',
    operations: 5000,
    async prepare(kind, directory, operations) {
      const stream = await open(kind, directory);
      const one = await stream.allocate(ROOM / 4);
      const other = await stream.allocate(ROOM / 4);
      const data = new Uint8Array(64).fill(7);
      return () => {
        for (let i = 0; i < operations; i += 1) {
          stream.transactionSync((tx) => {
            tx.append(one, data);
            tx.append(other, data);
          });
        }
      };
    },
  },
  'acknowledgement of a consumer, memory': {
    kind: 'memory',
    operations: 5000,
    async prepare(kind, directory, operations) {
      const stream = await open(kind, directory);
      const log = await stream.log('orders', { segmentSize: ROOM / 4 });
      const first = log.appendSync('one', COMMITTED).timestamp;
      for (let i = 0; i < 8 * operations; i += 1) log.appendSync('one', COMMITTED);
      const consumer = await log.consumer('billing');
      let next = first;
      return () => {
        for (let i = 0; i < operations; i += 1) consumer.ackSync(next++);
      };
    },
  },
  'transaction with an acknowledgement, memory': {
    kind: 'memory',
    operations: 4000,
    async prepare(kind, directory, operations) {
      const stream = await open(kind, directory);
      const log = await stream.log('orders', { segmentSize: ROOM / 4 });
      const made = await stream.allocate(ROOM / 4);
      const data = new Uint8Array(64).fill(7);
      let next = log.appendSync('one', COMMITTED).timestamp;
      for (let i = 0; i < 8 * operations; i += 1) log.appendSync('one', COMMITTED);
      const consumer = await log.consumer('billing');
      return () => {
        for (let i = 0; i < operations; i += 1) {
          stream.transactionSync((tx) => {
            tx.append(made, data);
            tx.ack(consumer, next++);
          });
        }
      };
    },
  },
  'a region of a stream that is opened, pmem': {
    kind: 'pmem',
    operations: 6000,
    async prepare(_kind, directory, operations) {
      const path = join(directory, 'stream');
      const stream = Stream.openSync(path, { size: 32 * MIB, medium: 'pmem', mode: 'create' });
      for (let i = 0; i < operations / 3; i += 1) stream.allocateSync(4096, { name: `region ${i}` });
      stream.closeSync();
      return () => {
        for (let i = 0; i < 3; i += 1) Stream.openSync(path, { medium: 'pmem' }).closeSync();
      };
    },
  },
  'step of a cursor': {
    ...reads((region) => {
      const cursor = region.cursor();
      let sum = 0;
      while (cursor.next()) sum += cursor.size;
      return sum;
    }),
    timed: 'copies',
  },
  'step of for … of': {
    ...reads((region) => {
      let sum = 0;
      for (const entry of region) sum += entry.size;
      return sum;
    }),
    timed: 'copies',
  },
  'step of for … of, backwards': reads((region) => {
    let sum = 0;
    for (const entry of region.entries({ reverse: true })) sum += entry.size;
    return sum;
  }),
  'step through 8 regions, merged': {
    kind: 'memory',
    operations: 20_000,
    async prepare(kind, directory, operations) {
      const stream = await open(kind, directory);
      const regions = await Promise.all(Array.from({ length: 8 }, () => stream.allocate(4 * MIB)));
      const data = new Uint8Array(64).fill(7);
      for (let i = 0; i < operations; i += 1) regions[(i * 5) % 8]?.appendSync(data, COMMITTED);
      stream.persistSync();
      return () => {
        let sum = 0;
        for (const entry of stream.entries()) sum += entry.size;
        assertRead(sum, 64 * operations);
      };
    },
  },
  'get by timestamp': { ...gets(), kind: 'memory' },
  'get by timestamp, of what was just appended, page-cache': { ...gets(), kind: 'page-cache' },
  'get by timestamp, of what was just appended, file': { ...gets(), kind: 'file' },
};

function appends(size: number, options: Until): Omit<Work, 'kind'> {
  return {
    operations: 20_000,
    async prepare(kind, directory, operations) {
      return appending(await regionOn(kind, directory), size, options, operations);
    },
  };
}

function appendsToLog(options: Until): Omit<Work, 'kind'> {
  return {
    operations: 20_000,
    async prepare(kind, directory, operations) {
      const stream = await open(kind, directory);
      const log = await stream.log('orders', { segmentSize: ROOM / 2 });
      const data = new Uint8Array(64).fill(7);
      return () => {
        for (let i = 0; i < operations; i += 1) log.appendSync(data, options);
      };
    },
  };
}

type Until = typeof COMMITTED | undefined;

function appending(region: Region, size: number, options: Until, operations: number): Round {
  const data = new Uint8Array(size).fill(7);
  return () => {
    for (let i = 0; i < operations; i += 1) region.appendSync(data, options);
  };
}

/** Reads as many entries of 64 B as there are operations; `read` returns their bytes. */
function reads(read: (region: Region, operations: number) => number): Work {
  return {
    kind: 'memory',
    operations: 20_000,
    async prepare(kind, directory, operations) {
      const region = await regionOn(kind, directory);
      appending(region, 64, COMMITTED, operations)();
      return () => assertRead(read(region, operations), 64 * operations);
    },
  };
}

function gets(): Omit<Work, 'kind'> {
  return {
    ...reads((region, operations) => {
      let sum = 0;
      for (let i = 0, at = 0; i < operations; i += 1) {
        at = (at * 1_103 + 12_345) % operations;
        sum += region.get(1 + at)?.size ?? 0;
      }
      return sum;
    }),
    operations: 10_000,
  };
}

function assertRead(bytes: number, expected: number): void {
  if (bytes !== expected) throw new Error(`${bytes} bytes were read, not ${expected}`);
}

async function regionOn(kind: Kind, directory: string): Promise<Region> {
  return (await open(kind, directory)).allocate(ROOM - MIB);
}

/** A new stream, with room for all that is done in it. */
export function open(kind: Kind, directory: string, size = ROOM): Promise<Stream> {
  if (kind === 'memory') return Stream.open(new MemoryMedium(size));
  return Stream.open(join(directory, 'stream'), { size, mode: 'create', medium: kind });
}
