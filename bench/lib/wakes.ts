import { fork } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { loadAddon } from '../../src/base/native-loader.js';
import { Stream } from '../../src/index.js';
import type { Bench, Group } from './groups.js';
import { digits } from './report.js';
import { quantile } from './stats.js';
import { type Moments, STAMP_BYTES, WORD_AT } from './wake-writer.js';

type Kind = 'pmem' | 'page-cache' | 'file';

/** A tail that is woken by a writer of another process. */
export const wakes: readonly Group[] = (['pmem', 'page-cache', 'file'] as const).map((kind) => ({
  name: kind,
  title: `${kind}, {place}: an entry of ${STAMP_BYTES} B, from the writer's process into the reader's hands`,
  place: kind === 'pmem' ? 'in-memory' : 'disk',
  columns: 'median us   p99 us   samples',
  needsAddon: true,
  run: (bench) => measure(bench, kind),
}));

/** When what was sent as number i was there, in nanoseconds of the clock that all processes share. */
type Arrivals = Map<number, bigint>;

async function measure({ directory, quick }: Bench, kind: Kind): Promise<void> {
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
  print('tail, from the return of appendSync (persisted)', arrived, done);
  print('tail, from the call of appendSync', arrived, begun);
  print('floor: a bare futex on a shared page, the addon wakes the event loop', ring.arrivals, rung);
  print('beside it: eight bytes through a pipe, node:stream', pipe, piped);
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

function print(what: string, arrivals: Arrivals, sent: readonly bigint[]): void {
  const times = sent
    .map((at, i) => Number((arrivals.get(i) ?? at) - at))
    .slice(Math.floor(sent.length / 10))
    .sort((a, b) => a - b);
  const missed = sent.filter((_, i) => !arrivals.has(i)).length;
  const [median, late] = [quantile(times, 0.5), quantile(times, 0.99)].map((ns) => digits(ns / 1000));
  const remark = missed === 0 ? '' : ` (${missed} came together with the next)`;
  console.log(
    `${median?.padStart(13)}${late?.padStart(9)}${`${times.length}`.padStart(10)}   ${what}${remark}`,
  );
}
