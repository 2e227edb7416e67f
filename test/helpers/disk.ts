import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from './media.js';

/** A file system of 2 MiB of its own, or undefined where this user may not mount one. */
export function smallDisk(t: TestContext): string | undefined {
  const directory = temporaryDirectory(t);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'varve-test', directory], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  t.after(() => execFileSync('umount', [directory]));
  return directory;
}

/** Nothing on it can be written from now on. */
export function makeReadOnly(disk: string): void {
  execFileSync('mount', ['-o', 'remount,ro', disk], { stdio: 'ignore' });
}
