import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** How many threads this process has. */
export function threadCount(): number {
  return readdirSync('/proc/self/task').length;
}

/** The same, once it is `wanted` or does not become that within a second: the kernel lists a thread a little longer than others can wait for it. */
export async function threadCountAfter(wanted: number): Promise<number> {
  for (let times = 0; times < 100 && threadCount() !== wanted; times += 1) await delay(10);
  return threadCount();
}
