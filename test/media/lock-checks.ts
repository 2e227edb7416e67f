import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { directoryForFile, open } from './workplace.js';

const directory = directoryForFile();
const size = 64 * 1024;
const isTaken = { name: 'VarveError', code: 'VARVE_LOCKED', message: /readOnly: true/ };

/** Declares the tests of the one writer's lock, for the way of locking that this process has. */
export function declareLockTests(name: string): void {
  test(`${name}: the second writer is refused, in this process too`, (t) => {
    const path = newFile(t);
    const first = open(path, { mode: 'open', medium: 'file' });
    for (const medium of ['auto', 'file'] as const) assert.throws(() => open(path, { medium }), isTaken);
    const reader = open(path, { readOnly: true });
    reader.close();
    assert.throws(() => open(path), isTaken);
    first.close();
    open(path).close();
  });

  test(`${name}: closing frees the lock at once, even with a drain still under way`, async (t) => {
    const path = newFile(t);
    const first = open(path, { mode: 'open', medium: 'file' });
    const left = first.drain();
    first.close();
    open(path).close();
    await left;
  });

  test(`${name}: a file is locked before it has its name`, (t) => {
    const path = join(directory, `${t.name}-new`.replaceAll(/\W/g, '-'));
    const first = open(path, { size });
    first.publish();
    assert.throws(() => open(path), isTaken);
    first.close();
  });

  test(`${name}: a killed process has no lock any more, and a living one is named`, async (t) => {
    const path = newFile(t);
    const { holder, line } = await startHolder(t, path);
    assert.equal(line, 'locked');
    assert.throws(
      () => open(path),
      (error: Error) => {
        assert.equal((error as Error & { code?: string }).code, 'VARVE_LOCKED');
        if (name === 'addon') assert.match(error.message, new RegExp(`process ${holder.pid}\\b`));
        return true;
      },
    );
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    open(path).close();
  });

  test(`${name}: a child of the holder does not inherit the lock`, async (t) => {
    const path = newFile(t);
    const { holder, line } = await startHolder(t, path, 'child');
    const heir = Number(line);
    t.after(() => process.kill(heir, 'SIGKILL'));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    if (existsSync('/proc')) assert.ok(existsSync(`/proc/${heir}`), 'the child lives on');
    open(path).close();
  });
}

function newFile(t: TestContext): string {
  const path = join(directory, t.name.replaceAll(/\W/g, '-'));
  const medium = open(path, { size });
  medium.publish();
  medium.close();
  return path;
}

async function startHolder(
  t: TestContext,
  path: string,
  ...more: string[]
): Promise<{ holder: ChildProcess; line: string }> {
  const program = fileURLToPath(new URL('./lock-holder.js', import.meta.url));
  const holder = spawn(process.execPath, [program, path, ...more], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => holder.kill('SIGKILL'));
  const [chunk] = (await once(holder.stdout, 'data')) as [Buffer];
  return { holder, line: chunk.toString().trim() };
}
