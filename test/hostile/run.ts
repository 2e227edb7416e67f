import type { SoakRequest } from '../helpers/soak.js';
import { startWatchdog } from './watchdog.js';

/** What one process may hold beside the things that it tries. Bytes. */
const MEMORY_MAX = 1.5 * 2 ** 30;

/**
 * Makes attempts with rising seeds, this shard's share of them, until the time is over.
 *
 * @param name what `npm run soak -- <name>` finds
 * @throws an Error that says how to see again what the first attempt with a finding did
 */
export async function attempts(
  name: string,
  { seed, until, shard, shards }: SoakRequest,
  attempt: (seed: number) => unknown,
): Promise<number> {
  const watchdog = startWatchdog(name);
  let count = 0;
  try {
    for (let each = seed + shard; Date.now() < until; each += shards) {
      watchdog.beat(each);
      await tell(name, each, () => attempt(each));
      if (++count % 500 === 0) await tell(name, each, assertMemory);
    }
  } finally {
    await watchdog.stop();
  }
  return count;
}

/** Runs one attempt; what it throws says how to see it again. */
export async function tell(name: string, seed: number, attempt: () => unknown): Promise<void> {
  try {
    await attempt();
  } catch (cause) {
    const replay = `npm run soak -- ${name} --seed ${seed} --shards 1`;
    throw new Error(
      `${name}, seed ${seed}: ${cause instanceof Error ? cause.stack : cause}\nTo see it again: ${replay}`,
      {
        cause,
      },
    );
  }
}

/** Also gives what waits for its turn on the event loop a chance: collected memory, promises that nobody handles. */
async function assertMemory(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  const { rss } = process.memoryUsage();
  if (rss > MEMORY_MAX) throw new Error(`the process has grown to ${rss} bytes`);
}
