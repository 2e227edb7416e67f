import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const DIRECTORY = '/dev/shm';

/** Why this machine has no live files; undefined if it has. */
export function liveProblem(): string | undefined {
  return process.platform === 'linux' && existsSync(DIRECTORY) ? undefined : 'there are no live files here';
}

/** The live file of the stream at `path`, if there is one. */
export function liveFileOf(path: string): string | undefined {
  const { dev, ino } = statSync(path, { bigint: true });
  const end = `-${dev.toString(16)}-${ino.toString(16)}`;
  const name = readdirSync(DIRECTORY).find((each) => each.startsWith('varve-') && each.endsWith(end));
  return name === undefined ? undefined : join(DIRECTORY, name);
}
