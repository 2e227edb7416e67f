import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'node:test';

/** Runs a command of the machine; why it did not work, or undefined if it did. */
export function problemOfCommand(command: string, args: readonly string[]): string | undefined {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? undefined : `${command} does not work here: ${error?.message ?? stderr.trim()}`;
}

/** Mounts something at a new directory until the test ends. Returns why that cannot be, or undefined. */
export function mount(t: TestContext, directory: string, args: readonly string[]): string | undefined {
  mkdirSync(directory);
  const problem = problemOfCommand('mount', [...args, directory]);
  if (problem === undefined) t.after(() => void problemOfCommand('umount', ['-l', directory]));
  return problem;
}
