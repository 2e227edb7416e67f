import assert from 'node:assert/strict';
import { Stream } from '../../src/index.js';
import { isFailure } from '../helpers/errors.js';
import type { Account } from './account.js';
import type { Failure } from './diary.js';
import { type Fault, SYNCS, unseen } from './seams.js';
import type { FileKind } from './workload.js';

/**
 * Errors have a code. A sync that failed was told to somebody. And one fault makes one step fail, or poisons one opening, and is over
 * with the next.
 */
export function judgeErrors(
  failures: readonly Failure[],
  faults: readonly Fault[],
  struck: readonly string[],
): void {
  for (const { step, error } of failures) {
    if (!isFailure(error, ['VARVE_IO', 'VARVE_POISONED']) && !isWantOfMemory(error)) {
      throw new Error(`${step} ended in what is no error of varve`, { cause: error });
    }
  }
  if (struck.length === 0) assert.deepEqual(failures, []);
  if (struck.some((call) => SYNCS.includes(call)))
    assert.notEqual(failures.length, 0, 'a failed sync, unheard');
  if (faults.length !== 1 || faults[0]?.lasting === true) return;
  const sessions = new Set(failures.map(({ session }) => session));
  assert.ok(sessions.size <= 1, `one fault, and failures under openings ${[...sessions]}`);
  const direct = failures.filter(({ error }) => isFailure(error, ['VARVE_IO']));
  const steps = new Set(direct.map(({ step }) => step));
  assert.ok(steps.size <= 1, `one fault, and several steps failed without poison: ${[...steps]}`);
}

/** What the engine throws, as it is: nothing was changed then. */
function isWantOfMemory(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Array buffer allocation failed';
}

/**
 * Opens it twice: to recover, and to see that recovering again finds the same and appending goes on. What is appended goes into the
 * account, too.
 */
export function judgeImage(path: string, medium: FileKind, account: Account): void {
  for (let round = 0; round < 2; round += 1) {
    const stream = Stream.openSync(path, { medium, mode: 'open' });
    try {
      account.verify(stream);
      const region = stream.region('a');
      if (region === undefined) continue;
      const bytes = account.trying('a', 30);
      account.promised('a', region.appendSync(bytes).timestamp, bytes);
    } finally {
      stream.closeSync();
    }
  }
}

/** The descriptors of this process that stand for something in the directory. */
export function openFilesIn(directory: string): string[] {
  const open = unseen.readdirSync('/proc/self/fd').map((fd) => targetOf(`/proc/self/fd/${fd}`));
  return open.filter((target) => target.startsWith(directory)).sort();
}

/** True if something in the directory is mapped by this process. */
export function isMapped(directory: string): boolean {
  return unseen.readFileSync('/proc/self/maps', 'utf8').includes(directory);
}

/** The descriptor that listed the directory is gone by now. */
function targetOf(link: string): string {
  try {
    return unseen.readlinkSync(link);
  } catch {
    return '';
  }
}
