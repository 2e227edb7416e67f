import assert from 'node:assert/strict';
import type { Consumer, Entry } from '../../src/index.js';

/** The next entries of a consumer, so many. */
export async function take(consumer: Consumer, count: number): Promise<Entry[]> {
  const taken: Entry[] = [];
  if (count === 0) return taken;
  for await (const entry of consumer) {
    taken.push(entry);
    if (taken.length === count) break;
  }
  return taken;
}

/** The same, acknowledging each; fewer if the loop ends before. */
export async function rest(consumer: Consumer, count: number): Promise<Entry[]> {
  const taken: Entry[] = [];
  for await (const entry of consumer) {
    taken.push(entry);
    await consumer.ack(entry);
    if (taken.length === count) break;
  }
  return taken;
}

/** It is refused with this code of varve's, or as an argument of a wrong kind or size. */
export function refused(
  promise: Promise<unknown>,
  expected: string | typeof TypeError,
  message = /./,
): Promise<void> {
  const code = typeof expected === 'string' ? expected : 'VARVE_ARGUMENT';
  const name = typeof expected === 'string' ? 'VarveError' : expected.name;
  return assert.rejects(promise, { code, name, message });
}
