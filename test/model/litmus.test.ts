import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { loadAddon } from '../../src/base/native-loader.js';
import { temporaryDirectory } from '../helpers/media.js';
import { CONTROL, MAPPED_BYTES, NEWS_MIN, PART, type Part, type Seen } from './litmus-part.js';

const ROUNDS = 200_000;
const BUFFER_ROUNDS = 20_000;
const BUFFER_TRIES = 40;

/** Where the word is by which is published, and who takes part. */
const WAYS = [
  'threads, by a SharedArrayBuffer',
  'threads, by the mapping',
  'processes, by the mapping',
] as const;
type Way = (typeof WAYS)[number];

function problem(): string | undefined {
  if (loadAddon() === undefined) return 'no addon: nothing can be mapped';
  return availableParallelism() < 2 ? 'one processor: nothing runs beside anything' : undefined;
}

/** Two parts play over mappings of their own of one file. */
async function playBoth(
  t: TestContext,
  way: Way,
  roles: readonly [Part['role'], Part['role']],
  rounds: number,
): Promise<readonly [Seen, Seen]> {
  const path = join(temporaryDirectory(t), 'mapped');
  fs.writeFileSync(path, new Uint8Array(MAPPED_BYTES));
  const board = way === 'threads, by a SharedArrayBuffer' ? new SharedArrayBuffer(CONTROL.bytes) : undefined;
  const parts = roles.map((role) => ({ role, path, board, rounds }));
  const [first, second] = await Promise.all(parts.map(way.startsWith('threads') ? inThread : inProcess));
  return [first as Seen, second as Seen];
}

async function inThread(part: Part): Promise<Seen> {
  const worker = new Worker(PART, { workerData: part });
  const [seen] = await once(worker, 'message');
  return seen as Seen;
}

async function inProcess(part: Part): Promise<Seen> {
  const child = fork(PART, ['litmus', JSON.stringify(part)], { serialization: 'advanced' });
  const [seen] = await once(child, 'message');
  return seen as Seen;
}

function judge(t: TestContext, what: string, news: number): void {
  t.diagnostic(what);
  if (news < NEWS_MIN) t.skip(`${what}: the machine is too busy to tell`);
}

for (const way of WAYS) {
  test(`what was stored plainly before it was published is there (${way})`, async (t) => {
    const reason = problem();
    if (reason !== undefined) return t.skip(reason);
    const [, { wrong, news }] = await playBoth(t, way, ['publish', 'receive'], ROUNDS);
    assert.equal(wrong, 0);
    judge(t, `${way}: ${news} publications met`, news);
  });

  test(`whoever reads and finds the life unchanged has read nothing of the next one (${way})`, async (t) => {
    const reason = problem();
    if (reason !== undefined) return t.skip(reason);
    const [, { wrong, news }] = await playBoth(t, way, ['reuse', 'look'], ROUNDS);
    assert.equal(wrong, 0);
    judge(t, `${way}: ${news} lives met`, news);
  });
}

/** Rounds in which neither saw the other's store: only a processor that lets loads overtake stores shows them. */
async function reordered(t: TestContext, kind: 'plain' | 'atomic'): Promise<number> {
  const roles = [`${kind} x`, `${kind} y`] as const;
  const [x, y] = await playBoth(t, 'threads, by the mapping', roles, BUFFER_ROUNDS);
  return x.missed.reduce((sum, missed, round) => sum + (missed & (y.missed[round] as number)), 0);
}

test('these tests can see reordering: of plain stores and loads there is some, of Atomics none', async (t) => {
  const reason = problem();
  if (reason !== undefined) return t.skip(reason);
  let seen = 0;
  for (let tries = 0; tries < BUFFER_TRIES && seen === 0; tries++) seen = await reordered(t, 'plain');
  assert.equal(await reordered(t, 'atomic'), 0);
  t.diagnostic(`${seen} rounds in which both loads overtook the stores before them`);
  if (seen === 0)
    t.skip(`no reordering met in ${BUFFER_TRIES * BUFFER_ROUNDS} rounds: the machine is too busy to tell`);
});
