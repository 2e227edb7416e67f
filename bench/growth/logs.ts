import { join } from 'node:path';
import { type Log, Stream } from '../../src/index.js';
import type { Bench, Group } from '../lib/groups.js';
import { timed } from '../lib/stats.js';
import { afterWarming, Curves, each, powersOfTen, remove, TIME } from './curves.js';

const SEGMENT = 4096;
/** An entry that fills a segment: each append begins a further one. */
const WHOLE = new Uint8Array(SEGMENT - 64).fill(7);
const SMALL = new Uint8Array(8).fill(7);

/** Logs of more and more segments, and with more and more consumers. */
export const logGroups: readonly Group[] = [
  {
    name: 'segments',
    title: 'a log of more and more segments, pmem by name, {place}',
    place: 'in-memory',
    needsAddon: true,
    run: segments,
  },
  {
    name: 'consumers',
    title: 'a log with more and more consumers, pmem by name, {place}',
    place: 'in-memory',
    needsAddon: true,
    run: consumers,
  },
];

async function segments(bench: Bench): Promise<void> {
  const curves = new Curves(bench, {
    name: 'segments',
    title: 'A log, by the number of its segments: pmem',
    x: { label: 'segments', scale: 'log' },
    y: TIME,
    note: 'Segments of 4 KiB. Trimming is by a tenth of the log, which frees many segments at once; it is divided by their number.',
  });
  await afterWarming([curves], powersOfTen(1, bench.quick ? 4 : 5), (count) => {
    const path = join(bench.directory, `segments-${count}`);
    const size = 2 ** 21 + (count + 500) * (SEGMENT + 2048);
    let stream = Stream.openSync(path, { size, mode: 'create', medium: 'pmem' });
    let log = stream.logSync('grown', { segmentSize: SEGMENT });
    for (let i = 0; i < count - 100; i += 1) log.appendSync(WHOLE, { until: 'committed' });
    const some = Math.min(count, 100) / 5;
    curves.add(
      'append that begins a segment',
      count,
      each(5, some, () => log.appendSync(WHOLE, { until: 'committed' })),
    );
    curves.add(
      'point read',
      count,
      each(5, 200, (i) => log.get(1 + ((i * 7919) % log.last))),
    );
    stream.closeSync();
    stream = Stream.openSync(path, { medium: 'pmem' });
    curves.add('open the log', count, [
      timed(() => {
        log = stream.logSync('grown');
      }),
    ]);
    curves.add(
      'last timestamp',
      count,
      each(5, 1000, () => log.last),
    );
    const before = [...log.segments()].length;
    const time = timed(() => log.trimSync({ before: log.first + Math.ceil(count / 10) }));
    curves.add('trim, a segment', count, [time / Math.max(1, before - [...log.segments()].length)]);
    stream.closeSync();
    remove(path);
  });
}

async function consumers(bench: Bench): Promise<void> {
  const curves = new Curves(bench, {
    name: 'consumers',
    title: 'A log, by the number of its open consumers: pmem',
    x: { label: 'consumers', scale: 'log' },
    y: TIME,
    note: 'Acknowledgements are made by turns, each persisted. Now and then the journal they stand in begins anew with what is known of all consumers.',
  });
  await afterWarming([curves], powersOfTen(0, bench.quick ? 2 : 3), (count) => {
    const path = join(bench.directory, `consumers-${count}`);
    const stream = Stream.openSync(path, { size: 2 ** 26, mode: 'create', medium: 'pmem' });
    const log = stream.logSync('read', { segmentSize: 2 ** 22 });
    for (let i = 0; i < 20_000; i += 1) log.appendSync(SMALL, { until: 'committed' });
    stream.persistSync();
    const opened: number[] = [];
    const open = Array.from({ length: count }, (_, i) => {
      let consumer = undefined as unknown as ReturnType<Log['consumerSync']>;
      opened.push(
        timed(() => {
          consumer = log.consumerSync(`consumer ${i}`);
        }),
      );
      return consumer;
    });
    curves.add('open a further consumer', count, opened.slice(-20));
    curves.add(
      'acknowledge',
      count,
      each(5, 2000, (i) => open[i % count]?.ackSync(1 + Math.floor(i / count))),
    );
    curves.add(
      'append, persisted',
      count,
      each(5, 1000, () => log.appendSync(SMALL)),
    );
    curves.add(
      'trim',
      count,
      each(5, 4, () => log.trimSync({ before: log.first + 100 })),
    );
    stream.closeSync();
    remove(path);
  });
}
