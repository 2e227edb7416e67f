import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type KindName, problemOf, temporaryDirectory } from '../helpers/media.js';

const ACTS = fileURLToPath(new URL('./acts.js', import.meta.url));

/** Runs acts of acts.ts in a process of their own, which must come to its end by itself. */
export function perform(t: TestContext, names: string, kind: KindName, count = 0): void {
  const problem = problemOf(kind);
  if (problem === undefined) run(names, kind, temporaryDirectory(t), count);
  else t.skip(problem);
}

/** The same for who has a directory and no test. */
export function run(names: string, kind: KindName, directory: string, count: number): void {
  const args = ['--enable-source-maps', '--expose-gc', ACTS, names, kind, directory, `${count}`];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(signal, null, `killed by ${signal}: ${stderr}`);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'fine\n');
}
