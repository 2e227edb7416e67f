import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Waiters } from '../../src/core/waiters.js';

/** Those who wait, by name, with what became of them. */
function watch(waits: Record<string, Promise<void>>): string[] {
  const told: string[] = [];
  for (const [name, wait] of Object.entries(waits)) {
    wait.then(
      () => told.push(name),
      (error: Error) => told.push(`${name}: ${error.message}`),
    );
  }
  return told;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('Who comes after a drain has begun waits for the next one', async () => {
  const waiters = new Waiters();
  const first = waiters.add(1);
  const second = waiters.add(2);
  waiters.close();
  const later = waiters.add(3);
  const told = watch({ first, second, later });
  waiters.resolveUpTo(2);
  await turn();
  assert.deepEqual(told, ['first', 'second']);
  assert.equal(waiters.none, false);
  waiters.resolveUpTo(3);
  await turn();
  assert.deepEqual(told, ['first', 'second', 'later']);
  assert.equal(waiters.none, true);
});

test('Who has joined a group is never told before what he waits for is persisted, and a group that was told takes nobody in', async () => {
  const waiters = new Waiters();
  const told = watch({ newer: waiters.add(5), older: waiters.add(4) });
  waiters.resolveUpTo(4);
  await turn();
  assert.deepEqual(told, []);
  waiters.resolveUpTo(5);
  const next = watch({ next: waiters.add(6) });
  await turn();
  assert.deepEqual(told, ['newer', 'older']);
  assert.deepEqual(next, []);
});

test('A failure rejects everybody who waits, for whichever drain, and nobody later', async () => {
  const waiters = new Waiters();
  const first = waiters.add(1);
  waiters.close();
  const told = watch({ first, second: waiters.add(2) });
  waiters.rejectAll(new Error('gone'));
  const later = watch({ later: waiters.add(3) });
  await turn();
  assert.deepEqual(told, ['first: gone', 'second: gone']);
  waiters.resolveUpTo(3);
  await turn();
  assert.deepEqual(later, ['later']);
});
