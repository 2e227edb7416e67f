import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { problemOf, temporaryDirectory } from '../helpers/media.js';
import { problemOfCommand } from '../media/system.js';

const THREADS = 4;
const APPENDS = 12;
/** Each sync takes so many microseconds, so that others surely come meanwhile. */
const SLOW = '20000';
const problem = problemOfCommand('strace', ['-f', '-e', 'inject=fdatasync:delay_enter=1', 'true']);

/** Syncs of a process whose threads append so many entries each, one after the other. */
function syncsOf(t: TestContext, medium: string, appends: number): number {
  const log = join(temporaryDirectory(t), 'strace');
  const program = fileURLToPath(new URL('./group.js', import.meta.url));
  const options = ['-f', '-o', log, '-e', 'trace=fdatasync', '-e', `inject=fdatasync:delay_enter=${SLOW}`];
  const command = [process.execPath, program, medium, `${THREADS}`, `${appends}`];
  const { status, stdout, stderr } = spawnSync('strace', [...options, ...command], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(Number(stdout), THREADS * appends);
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /\d+ +fdatasync\(/.test(line)).length;
}

for (const medium of ['file', 'page-cache'] as const) {
  test(`one sync serves all threads that wait for one (${medium})`, (t) => {
    const trouble = problem ?? problemOf(medium);
    if (trouble !== undefined) return t.skip(trouble);
    const syncs = syncsOf(t, medium, APPENDS) - syncsOf(t, medium, 0);
    // A sync that began after an append serves it: each thread waits for two of them at most.
    assert.ok(
      syncs < THREADS * APPENDS * 0.75,
      `${syncs} syncs for ${APPENDS} appends of each of ${THREADS} threads`,
    );
    t.diagnostic(`${syncs} syncs for ${APPENDS} appends of each of ${THREADS} threads`);
  });
}
