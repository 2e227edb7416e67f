// A pool of worker threads that all append to one region: jobs go out as messages, results go straight into the log.
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Stream, type StreamHandle } from 'varve';
import { scratchPath } from './helpers/scratch.js';

const THREADS = 3;
const JOB = 5000;

type Result = { from: number; primes: number };

if (isMainThread) await lead();
else await work(workerData as StreamHandle);

async function lead(): Promise<void> {
  const stream = await Stream.open(scratchPath('primes.varve'), { size: '1MiB' });
  const results = await stream.allocate('64KiB', { name: 'results' });
  const handle = stream.share();

  const jobs = Array.from({ length: 20 }, (_, index) => index * JOB);
  await Promise.all(Array.from({ length: THREADS }, () => employ(handle, jobs)));

  const all = Array.from(results, (entry) => entry.json() as Result);
  console.log(`${all.length} results are durable`);
  console.log(`primes below 100000: ${all.reduce((sum, { primes }) => sum + primes, 0)}`);
  console.log(`timestamps from 1 to ${stream.persisted}, none twice`);
  await stream.close();
}

/** One worker, which gets a further job whenever it is done with one, until there are none. */
async function employ(handle: StreamHandle, jobs: number[]): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: handle });
  const ended = once(worker, 'exit');
  worker.on('message', () => worker.postMessage(jobs.shift()));
  await ended;
}

async function work(handle: StreamHandle): Promise<void> {
  const stream = await Stream.attach(handle); // the same stream, with all rights
  const results = stream.region('results');
  const port = parentPort;
  if (results === undefined || port === null) throw new Error('there is no region for the results');
  port.on('message', async (from: number | undefined) => {
    if (from === undefined) {
      await stream.close(); // only here: the others go on
      port.close();
      return;
    }
    const result: Result = { from, primes: countPrimes(from, from + JOB) };
    await results.append(JSON.stringify(result)); // appends of all threads share syncs
    port.postMessage('done');
  });
  port.postMessage('ready');
}

function countPrimes(from: number, to: number): number {
  let count = 0;
  for (let candidate = Math.max(2, from); candidate < to; candidate += 1) if (isPrime(candidate)) count += 1;
  return count;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor += 1)
    if (candidate % divisor === 0) return false;
  return true;
}
