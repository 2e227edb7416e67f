import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Region, Stream } from '../../src/index.js';
import type { Bench, Group } from '../lib/groups.js';
import { afterWarming, Curves, each, TIME } from './curves.js';

const MIB = 2 ** 20;
const DATA = new Uint8Array(64).fill(7);

/** A writer with more and more others beside it. */
export const companionGroups: readonly Group[] = [
  {
    name: 'readers',
    title: 'a writer beside more and more processes that follow it, pmem by name, {place}',
    place: 'in-memory',
    needsAddon: true,
    run: readers,
  },
  {
    name: 'threads',
    title: 'a writer beside more and more threads that have the stream open, pmem by name, {place}',
    place: 'in-memory',
    needsAddon: true,
    run: threads,
  },
];

function counts({ quick }: Bench): number[] {
  return [1, 2, 4, 8, 16, 32].slice(0, quick ? 4 : 6);
}

async function readers(bench: Bench): Promise<void> {
  const curves = new Curves(bench, {
    name: 'readers',
    title: 'A writer, by the number of processes that follow it: pmem',
    x: { label: 'processes', scale: 'log' },
    y: TIME,
    note: 'Each process follows all of the stream. Where there are more of them than processors, they take the time of the writer also by running.',
  });
  const path = join(bench.directory, 'followed');
  const stream = await Stream.open(path, { size: 64 * MIB, mode: 'create', medium: 'pmem' });
  const region = await stream.allocate(48 * MIB);
  const children: ChildProcess[] = [];
  await afterWarming([curves], counts(bench), async (count) => {
    while (children.length < count) children.push(await follower(path));
    await measure(region, count, curves);
  });
  for (const child of children) child.kill();
  await stream.close();
}

async function follower(path: string): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../lib/follower.js', import.meta.url));
  const child = spawn(process.execPath, [script, path, 'pmem'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function threads(bench: Bench): Promise<void> {
  const curves = new Curves(bench, {
    name: 'threads',
    title: 'A writer, by the number of threads that have the stream open: pmem',
    x: { label: 'threads', scale: 'log' },
    y: TIME,
    note: 'The others are at rest: what is measured is what it costs that they are there.',
  });
  const path = join(bench.directory, 'shared');
  const stream = await Stream.open(path, { size: 64 * MIB, mode: 'create', medium: 'pmem' });
  const region = await stream.allocate(48 * MIB);
  const workers: Worker[] = [];
  await afterWarming([curves], counts(bench), async (count) => {
    // The writer is one of them.
    while (workers.length < count - 1) workers.push(await attached(stream));
    await measure(region, count, curves);
  });
  for (const worker of workers) worker.postMessage('end');
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  await stream.close();
}

async function attached(stream: Stream): Promise<Worker> {
  const worker = new Worker(new URL('./attached.js', import.meta.url), { workerData: stream.share() });
  await once(worker, 'message');
  return worker;
}

async function measure(region: Region, count: number, curves: Curves): Promise<void> {
  curves.add(
    'append, committed',
    count,
    each(5, 4000, () => region.appendSync(DATA, { until: 'committed' })),
  );
  curves.add(
    'append, persisted',
    count,
    each(5, 2000, () => region.appendSync(DATA)),
  );
  const apart: number[] = [];
  for (let i = 0; i < 100; i += 1) {
    // So long that whoever waits sleeps.
    await new Promise((resolve) => setTimeout(resolve, 3));
    apart.push(...each(1, 1, () => region.appendSync(DATA)));
  }
  curves.add('append, persisted, one at a time', count, apart);
}
