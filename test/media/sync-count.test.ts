import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addonProblem } from '../../src/base/native-loader.js';
import { problemOfCommand } from './system.js';
import { directoryForFile } from './workplace.js';

const directory = directoryForFile(tmpdir());
const problem = problemOfCommand('strace', ['-e', 'trace=fdatasync', 'true']);
const program = fileURLToPath(new URL('./sync-counter.js', import.meta.url));

for (const medium of ['file', 'page-cache'] as const) {
  test(`every drain is a sync that the kernel has seen, and so is a new name (${medium})`, (t) => {
    if (problem !== undefined) return t.skip(problem);
    if (medium === 'page-cache' && addonProblem() !== undefined) return t.skip(`${addonProblem()}`);
    const path = join(directory, medium);
    const log = `${path}.strace`;
    const args = [
      '-f',
      '-y',
      '-o',
      log,
      '-e',
      'trace=fdatasync,fsync',
      process.execPath,
      program,
      path,
      medium,
    ];
    const { status, stderr } = spawnSync('strace', args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    // A call that is interrupted by another thread's is printed twice: once here, once as resumed.
    const calls = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => /\d+ +f(data)?sync\(/.test(line));
    const of = (pattern: RegExp) => calls.filter((line) => pattern.test(line)).length;
    assert.equal(of(/ fdatasync\(/), 5, calls.join('\n'));
    assert.equal(of(new RegExp(` fsync\\(\\d+<${directory}>`)), 1, 'the directory');
    // The command that allocates where there is no addon syncs the file, too.
    const ofFile = addonProblem() === undefined ? 1 : 2;
    assert.equal(
      of(new RegExp(` fsync\\(\\d+<${directory}/.+>`)),
      ofFile,
      'the file before it gets its name',
    );
  });
}
