import { join } from 'node:path';
import { type Region, Stream } from '../../src/index.js';
import { type Kind, open, type Round } from './works.js';

/** Names of files that do not exist: looking for them shows where counting begins and ends. */
export const MARK = { begin: 'counting-begins-here', end: 'counting-ends-here' } as const;

/** Something whose system calls are counted. */
export interface Group {
  readonly kind: Kind;
  /** Times that a round does it. */
  readonly times: number;
  prepare(kind: Kind, directory: string): Promise<Round>;
}

const MIB = 2 ** 20;
const SIZE = 16 * MIB;
const TIMES = 10;
const KINDS = ['pmem', 'page-cache', 'file'] as const;

type Prepare = (stream: Stream, region: Region) => Round | Promise<Round>;

const DATA = new Uint8Array(64).fill(7);

const ON_EACH: Readonly<Record<string, Prepare>> = {
  'append, persisted': (_, region) => () => {
    for (let i = 0; i < TIMES; i += 1) region.appendSync(DATA);
  },
  '256 appends, promises': (_, region) => async () => {
    for (let i = 0; i < TIMES; i += 1) {
      await Promise.all(Array.from({ length: 256 }, () => region.append(DATA)));
    }
  },
  '256 appends, committed, then persistSync': (stream, region) => () => {
    for (let i = 0; i < TIMES; i += 1) {
      for (let j = 0; j < 256; j += 1) region.appendSync(DATA, { until: 'committed' });
      stream.persistSync();
    }
  },
  'transaction of two regions': async (stream, region) => {
    const other = await stream.allocate(4 * MIB);
    return () => {
      for (let i = 0; i < TIMES; i += 1) {
        stream.transactionSync((tx) => {
          tx.append(region, DATA);
          tx.append(other, DATA);
        });
      }
    };
  },
  'acknowledgement of a consumer': async (stream) => {
    const log = await stream.log('orders', { segmentSize: MIB });
    const stamps = Array.from({ length: 3 * TIMES }, () => log.appendSync(DATA).timestamp);
    const consumer = await log.consumer('billing');
    return () => {
      for (const stamp of stamps.splice(0, TIMES)) consumer.ackSync(stamp);
    };
  },
};

/** Everything whose system calls are watched, on every medium that makes some. */
export const GROUPS: Readonly<Record<string, Group>> = Object.fromEntries(
  KINDS.flatMap((kind) => [
    ...Object.entries(ON_EACH).map(([name, prepare]) => [`${name}, ${kind}`, onRegion(kind, prepare)]),
    [`opening after a clean close, ${kind}`, opening(kind)],
  ]),
);

function onRegion(kind: Kind, prepare: Prepare): Group {
  return {
    kind,
    times: TIMES,
    async prepare(_, directory) {
      const stream = await open(kind, directory, SIZE);
      return prepare(stream, await stream.allocate(4 * MIB));
    },
  };
}

/** Opening and closing a stream of ten thousand entries. */
function opening(kind: Kind): Group {
  return {
    kind,
    times: 1,
    async prepare(_, directory) {
      const stream = await open(kind, directory, SIZE);
      const region = await stream.allocate(4 * MIB);
      for (let i = 0; i < 10_000; i += 1) region.appendSync(DATA, { until: 'committed' });
      await stream.close();
      return async () => {
        const again = await Stream.open(join(directory, 'stream'), {
          mode: 'open',
          medium: kind === 'memory' ? 'auto' : kind,
        });
        await again.close();
      };
    },
  };
}
