/** Threads that append one entry after the other, each waiting for its sync: `group.js <medium> <threads> <appends>`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Stream, type StreamHandle, type StreamOptions } from '../../src/index.js';

interface Work {
  readonly handle: StreamHandle;
  readonly region: number;
  readonly appends: number;
  readonly threads: number;
  /** How many threads have attached. */
  readonly ready: SharedArrayBuffer;
}

if (isMainThread) await lead();
else await append(workerData as Work);

async function lead(): Promise<void> {
  const [medium, threads, appends] = process.argv.slice(2);
  const directory = mkdtempSync(join(tmpdir(), 'varve-group-'));
  const stream = Stream.openSync(join(directory, 'stream'), {
    size: '1MiB',
    medium: medium as NonNullable<StreamOptions['medium']>,
  });
  const regions = [stream.allocateSync('64KiB'), stream.allocateSync('64KiB')];
  const common = {
    handle: stream.share(),
    appends: Number(appends),
    threads: Number(threads),
    ready: new SharedArrayBuffer(4),
  };
  const endings = Array.from({ length: common.threads }, (_, index) => {
    const work: Work = { ...common, region: regions[index % 2]?.id ?? 0 };
    const worker = new Worker(new URL(import.meta.url), { workerData: work });
    return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
  });
  await Promise.all(endings);
  process.stdout.write(`${[...stream.entries()].length}`);
  await stream.close();
  rmSync(directory, { recursive: true });
}

async function append({ handle, region, appends, threads, ready }: Work): Promise<void> {
  const stream = await Stream.attach(handle);
  const attached = new Int32Array(ready);
  Atomics.add(attached, 0, 1);
  Atomics.notify(attached, 0);
  for (let count = Atomics.load(attached, 0); count < threads; count = Atomics.load(attached, 0)) {
    Atomics.wait(attached, 0, count);
  }
  for (let index = 0; index < appends; index += 1) stream.region(region)?.appendSync(`${index}`);
  await stream.close();
}
