import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { problemOf } from '../helpers/media.js';
import { problemOfCommand } from '../media/system.js';
import { Account } from './account.js';
import { type FileSystem, ownDisk } from './disks.js';
import { judgeImage } from './judging.js';
import { runVictim } from './real.js';
import type { FileKind } from './workload.js';

const CASES: readonly (readonly [FileKind, FileSystem])[] = [
  ['file', 'ext4'],
  ['page-cache', 'ext4'],
  ['page-cache', 'tmpfs'],
  ['pmem', 'tmpfs'],
];

for (const [medium, system] of CASES) {
  test(`holes in a file on a full disk: errors, no dead process, and it goes on (${medium} on ${system})`, async (t) => {
    if (problemOf(medium) !== undefined) return t.skip(problemOf(medium));
    const disk = ownDisk(t, system);
    if ('problem' in disk) return t.skip(disk.problem);
    const path = join(disk.directory, 'stream');
    const account = new Account();
    await runVictim(path, medium, account, { rounds: 1 });
    digHoles(path);
    const makeRoom = disk.fill();
    const told = await runVictim(path, medium, account, { rounds: 8 });
    assert.match(told.errors.join(' '), medium === 'file' ? /VARVE_IO/ : /VARVE_POISONED/);
    makeRoom();
    const { errors } = await runVictim(path, medium, account, { rounds: 2 });
    assert.deepEqual(errors, []);
    judgeImage(path, medium, account);
  });
}

/** As a copy may have it: nothing is allocated where zeroes are, but for header and table. */
function digHoles(path: string): void {
  const problem =
    problemOfCommand('cp', ['--sparse=always', path, `${path}.sparse`]) ??
    problemOfCommand('fallocate', ['-l', '16384', `${path}.sparse`]);
  assert.equal(problem, undefined);
  renameSync(`${path}.sparse`, path);
}
