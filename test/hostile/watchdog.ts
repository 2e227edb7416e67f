import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/** Nothing here takes longer than a fraction of a second; a machine that is busy with other things gets its time, too. */
const PATIENCE_MS = 60_000;
const BEAT_MS = 1000;

interface Shared {
  readonly name: string;
  /** [0] counts attempts; [1] is the seed of the one under way. */
  readonly beats: Int32Array;
}

/**
 * Ends the process if one attempt takes for ever, which the thread that is caught in it cannot do: it says which one it was.
 *
 * @returns `beat`, to be called with the seed of each attempt, and `stop`
 */
export function startWatchdog(name: string): { beat(seed: number): void; stop(): Promise<unknown> } {
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL(import.meta.url), { workerData: { name, beats } satisfies Shared });
  worker.unref();
  return {
    beat(seed) {
      beats[1] = seed;
      beats[0] = (beats[0] as number) + 1;
    },
    stop: () => worker.terminate(),
  };
}

function watch({ name, beats }: Shared): void {
  let last = -1;
  let since = Date.now();
  setInterval(() => {
    const now = Atomics.load(beats, 0);
    if (now !== last) {
      last = now;
      since = Date.now();
    } else if (Date.now() - since > PATIENCE_MS) {
      writeSync(2, `${name}: the attempt with seed ${beats[1]} does not end\n`);
      process.kill(process.pid, 'SIGKILL');
    }
  }, BEAT_MS);
}

if (!isMainThread && workerData?.beats instanceof Int32Array) watch(workerData as Shared);
