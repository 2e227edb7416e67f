import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process does before it is killed. */
export interface ChildOrder {
  /** Bytes of the stream and of its only region; left out where both are there. */
  readonly create?: { readonly stream: number; readonly region: number };
  /** The regions with the ids 1 to this get entries by turns. */
  readonly regions: number;
  readonly entries: number;
  /** Bytes of an entry. */
  readonly size: number;
}

/** Has another process write to a stream and be killed. */
export function writeAndCrash(path: string, medium: string, order: ChildOrder): void {
  const child = fileURLToPath(new URL('./child.js', import.meta.url));
  const { stderr, signal } = spawnSync(process.execPath, [child, path, medium, JSON.stringify(order)], {
    encoding: 'utf8',
  });
  if (signal !== 'SIGKILL') throw new Error(`the writing process failed: ${stderr}`);
}
