import { fork } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../src/base/native-loader.js';
import { Stream } from '../../src/index.js';
import type { Bench, Group } from './groups.js';
import { exactly, quantile } from './stats.js';
import { type Moments, STAMP_BYTES, WORD_AT } from './wake-writer.js';

type Kind = 'pmem' | 'page-cache' | 'file';

/** A tail that is woken by a writer of another process. */
export const wakes: readonly Group[] = (['pmem', 'page-cache', 'file'] as const).map((kind) => ({
  name: kind,
  title: `${kind}, {place}: an entry of ${STAMP_BYTES} B, from the writer's process into the reader's hands`,
  place: kind === 'pmem' ? 'in-memory' : 'disk',
  needsAddon: true,
  run: (bench) => measure(bench, kind),
}));

/** When what was sent as number i was there, in nanoseconds of the clock that all processes share. */
type Arrivals = Map<number, bigint>;

async function measure(bench: Bench, kind: Kind): Promise<void> {
  const { directory, quick } = bench;
  const rounds = quick ? 150 : 1000;
  const stream = join(directory, `wake-${kind}-${process.pid}`);
  const page = join(directory, `ring-${process.pid}`);
  fs.writeFileSync(page, new Uint8Array(4096));
  const program = fileURLToPath(new URL('./wake-writer.js', import.meta.url));
  const writer = fork(program, [kind, stream, page, `${rounds}`], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'],
    serialization: 'advanced',
  });
  const ready = new Promise((resolve) => writer.once('message', resolve));
  await ready;
  const pipe = byPipe(writer.stdio[4] as Readable);
  const ring = byRing(page);
  const tail = new AbortController();
  const entries = byTail(stream, kind, tail.signal);
  const moments = new Promise<Moments>((resolve) => writer.once('message', resolve));
  writer.send('go');
  const { begun, done, rung, piped } = await moments;
  tail.abort();
  ring.end();
  const arrived = await entries;
  rows(bench, kind, [
    { key: 'tail', name: 'tail, from the return of appendSync (persisted)', times: timesOf(arrived, done) },
    { key: 'call', name: 'tail, from the call of appendSync', times: timesOf(arrived, begun) },
    {
      key: 'futex',
      name: 'a bare futex on a shared page, the addon wakes the event loop',
      times: timesOf(ring.arrivals, rung),
    },
    { key: 'pipe', name: 'eight bytes through a pipe, node:stream', times: timesOf(pipe, piped) },
  ]);
}

async function byTail(path: string, kind: Kind, signal: AbortSignal): Promise<Arrivals> {
  const arrivals: Arrivals = new Map();
  const stream = await Stream.open(path, { readOnly: true, medium: kind });
  for await (const { data } of stream.region('log')?.tail({ signal }) ?? []) {
    arrivals.set(new DataView(data.buffer, data.byteOffset).getUint32(0, true), process.hrtime.bigint());
  }
  await stream.close();
  return arrivals;
}

function byRing(path: string): { readonly arrivals: Arrivals; end(): void } {
  const addon = loadAddon();
  const arrivals: Arrivals = new Map();
  if (addon === undefined) return { arrivals, end: () => {} };
  const fd = fs.openSync(path, 'r');
  const words = new Uint32Array(addon.block);
  let seen = 0;
  const listener = addon.listen(fd, WORD_AT, () => {
    const now = process.hrtime.bigint();
    addon.peek(listener);
    seen = words[16] as number;
    arrivals.set(seen - 1, now);
    addon.wait(listener, seen);
  });
  addon.wait(listener, seen);
  return {
    arrivals,
    end: () => {
      addon.unlisten(listener);
      fs.closeSync(fd);
    },
  };
}

function byPipe(pipe: Readable): Arrivals {
  const arrivals: Arrivals = new Map();
  pipe.on('data', (bytes: Buffer) => {
    const now = process.hrtime.bigint();
    for (let at = 0; at < bytes.length; at += STAMP_BYTES) arrivals.set(bytes.readUInt32LE(at), now);
  });
  return arrivals;
}

/** Nanoseconds on the way, sorted; what came together with the next counts from its own sending. */
function timesOf(arrivals: Arrivals, sent: readonly bigint[]): number[] {
  return sent
    .flatMap((at, i) => {
      const arrived = arrivals.get(i);
      return arrived === undefined ? [] : [Number(arrived - at)];
    })
    .slice(Math.floor(sent.length / 10))
    .sort((a, b) => a - b);
}

/** Something that was sent, and how long it took. */
interface Way {
  readonly key: string;
  readonly name: string;
  readonly times: readonly number[];
}

/** The way through varve from the return on is held against those without it. */
function rows(bench: Bench, kind: Kind, [tail, call, ...bare]: readonly Way[]): void {
  for (const [part, name] of [
    [0.5, 'median'],
    [0.99, 'p99'],
  ] as const) {
    const timeOf = ({ times }: Way) => quantile(times, part) / 1000;
    for (const way of [tail, call]) {
      if (way === undefined) continue;
      const value = timeOf(way);
      bench.row({
        key: `${way.key}-${name}`,
        table: `${kind}: how long an entry takes into the hands of a sleeping reader`,
        row: `${way.name}, ${name}`,
        unit: 'us',
        value: exactly(value),
        others: bare.map((other) => ({
          name: other.name,
          role: 'floor',
          value: exactly(timeOf(other)),
          ratio: exactly(value / timeOf(other)),
        })),
        rounds: way.times.length,
      });
    }
  }
}
