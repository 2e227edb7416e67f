import { join } from 'node:path';
import { type Consumer, type Log, MemoryMedium, Stream, type StreamOptions } from '../../src/index.js';
import { probed, probedAsync, type Round } from './calm.js';
import { floor, varve } from './contest.js';
import type { Bench, Group } from './groups.js';

const MIB = 2 ** 20;
const SIZE = 64 * MIB;
/** What an acknowledgement stores. */
const DATA = new Uint8Array(24);

/** What a round goes through. */
interface Work {
  readonly stream: Stream;
  readonly log: Log;
  readonly consumer: Consumer;
}

/** A consumer that acknowledges each entry. */
export const acknowledgements: readonly Group[] = (['memory', 'pmem', 'page-cache', 'file'] as const).map(
  (kind) => ({
    name: kind,
    title: `${kind}${kind === 'memory' ? '' : ', {place}'}: acknowledgements / appends of ${DATA.length} B to the log`,
    place: kind === 'memory' ? 'none' : kind === 'pmem' ? 'in-memory' : 'disk',
    needsAddon: kind === 'pmem' || kind === 'page-cache',
    run: (bench) => measure(bench, kind),
  }),
);

async function measure(bench: Bench, kind: 'memory' | NonNullable<StreamOptions['medium']>): Promise<void> {
  const stream = await Stream.open(
    kind === 'memory' ? new MemoryMedium(SIZE) : join(bench.directory, `consumers-${kind}-${process.pid}`),
    kind === 'memory' ? {} : { size: SIZE, mode: 'create', medium: kind },
  );
  const log = await stream.log('orders', { segmentSize: 4 * MIB });
  const work = { stream, log, consumer: await log.consumer('billing') };
  const slow = kind === 'file' || kind === 'page-cache';
  const single = slow ? 64 : 1000;
  await bench.measure({
    key: 'single',
    name: 'ackSync',
    entries: single,
    sides: [
      varve(() => acks(work, single, (timestamps) => probed(() => each(timestamps, work)))),
      ...floor('appendSync', () => trimmed(work, () => probed(() => appends(work, single)))),
    ],
  });
  const group = 256;
  await bench.measure({
    key: 'group',
    name: `${group} acks at once`,
    entries: group,
    sides: [
      varve(() => acks(work, group, (timestamps) => probedAsync(() => together(timestamps, work)))),
      ...floor(`${group} appends at once`, () =>
        trimmed(work, () => probedAsync(() => appended(work, group))),
      ),
    ],
  });
  await stream.close();
}

function each(timestamps: readonly number[], { consumer }: Work): void {
  for (const timestamp of timestamps) consumer.ackSync(timestamp);
}

async function together(timestamps: readonly number[], { consumer }: Work): Promise<void> {
  await Promise.all(timestamps.map((timestamp) => consumer.ack(timestamp)));
}

function appends({ log }: Work, count: number): void {
  for (let i = 0; i < count; i++) log.appendSync(DATA);
}

async function appended({ log }: Work, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => log.append(DATA)));
}

/** There is something to acknowledge before. */
function acks(
  work: Work,
  count: number,
  run: (timestamps: readonly number[]) => Round | Promise<Round>,
): Promise<Round> {
  const { stream, log } = work;
  const timestamps = Array.from(
    { length: count },
    () => log.appendSync(DATA, { until: 'committed' }).timestamp,
  );
  stream.persistSync();
  return trimmed(work, () => run(timestamps));
}

async function trimmed({ log }: Work, run: () => Round | Promise<Round>): Promise<Round> {
  const round = await run();
  log.trimSync({ before: log.last });
  return round;
}
