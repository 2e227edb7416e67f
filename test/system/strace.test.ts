import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { problemOf } from '../helpers/media.js';
import { problemOfCommand } from '../media/system.js';
import { directoryForFile } from '../media/workplace.js';
import { Account } from './account.js';
import { judgeImage } from './judging.js';
import { runVictim } from './real.js';
import type { FileKind } from './workload.js';

/** A call of the kernel that fails in a real process; `when` counts the calls of one thread. */
interface Injection {
  readonly call: string;
  readonly error: string;
  readonly when: string;
  readonly media: readonly FileKind[];
  /** What the victim may say: nothing, where the call is made again; an error; poison. */
  readonly expected: RegExp;
  /** True for calls that only creating makes: they are not told apart by the file. */
  readonly creating?: boolean;
}

const BOTH: readonly FileKind[] = ['file', 'page-cache'];
const POISON = /VARVE_POISONED/;
const ERROR = /VARVE_(IO|POISONED)/;
const NOTHING = /^$/;

const INJECTIONS: readonly Injection[] = [
  { call: 'fdatasync', error: 'EIO', when: '2', media: BOTH, expected: POISON },
  { call: 'fdatasync', error: 'EIO', when: '6+', media: ['file'], expected: POISON },
  { call: 'fdatasync', error: 'ENOSPC', when: '9', media: ['page-cache'], expected: POISON },
  { call: 'pwrite64', error: 'ENOSPC', when: '12', media: ['file'], expected: ERROR },
  { call: 'pwrite64', error: 'EIO', when: '20+', media: ['file'], expected: ERROR },
  { call: 'pwrite64', error: 'EINTR', when: '7+3', media: ['file'], expected: NOTHING },
  { call: 'pwrite64', error: 'ENOSPC', when: '3', media: ['page-cache'], expected: ERROR },
  { call: 'pwrite64', error: 'EINTR', when: '2+3', media: ['page-cache'], expected: NOTHING },
  { call: 'mmap', error: 'ENOMEM', when: '1', media: ['page-cache'], expected: ERROR },
  { call: 'mmap', error: 'ENOMEM', when: '3', media: ['pmem'], expected: ERROR },
  { call: 'statx', error: 'EIO', when: '5+', media: BOTH, expected: ERROR },
  { call: 'flock', error: 'ENOLCK', when: '1+', media: ['file'], expected: ERROR },
  { call: 'fallocate', error: 'ENOSPC', when: '1+', media: BOTH, expected: ERROR, creating: true },
  { call: 'fallocate', error: 'EINTR', when: '1', media: ['file'], expected: NOTHING, creating: true },
  { call: 'fsync', error: 'EIO', when: '1', media: ['file'], expected: ERROR, creating: true },
  { call: 'fsync', error: 'EIO', when: '2', media: ['page-cache'], expected: ERROR, creating: true },
  { call: 'link,linkat', error: 'EIO', when: '1', media: ['file'], expected: ERROR, creating: true },
];

const directory = directoryForFile(tmpdir());
const problem = problemOfCommand('strace', ['-e', 'inject=fdatasync:error=EIO', 'true']);

for (const { call, error, when, media, expected, creating = false } of INJECTIONS) {
  for (const medium of media) {
    test(`${call} fails with ${error} (${when}) in a real process (${medium})`, async (t) => {
      if (problem !== undefined) return t.skip(problem);
      if (problemOf(medium) !== undefined) return t.skip(problemOf(medium));
      const path = join(directory, t.name.replaceAll(/\W/g, '-'));
      const account = new Account();
      if (!creating) await runVictim(path, medium, account, { rounds: 1 });
      const only = creating ? [] : ['-P', path];
      const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:error=${error}:when=${when}`];
      const wrapper = ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', ...only, ...inject];
      const told = await runVictim(path, medium, account, { wrapper, rounds: 5 });
      assert.match(told.errors.join(' '), expected);
      if (existsSync(path)) judgeImage(path, medium, account);
      else assert.equal(account.promises, 0, 'no stream, and something was promised');
      assert.deepEqual(
        readdirSync(directory).filter((name) => name.endsWith('.new')),
        [],
      );
    });
  }
}
