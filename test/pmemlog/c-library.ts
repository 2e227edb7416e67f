import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BUILD = join(ROOT, 'build/pmemlog');

/** The C library, by a small program that calls it. */
export interface CLibrary {
  /** Creates or opens the pool and does what the letters say, one after the other; returns what was printed. Throws with the library's message. */
  run(how: 'create' | 'open', path: string, ...acts: string[]): Buffer;
  /** Holds the pool open until `release` is called. */
  hold(path: string): Promise<{ release(): Promise<void> }>;
}

/** The program, compiled on the spot; or why it cannot be had. */
export function cLibrary(): CLibrary | string {
  if (!existsSync('/usr/include/libpmemlog.h')) {
    return 'the C library is not installed: scripts/install-test-tools.sh gets libpmemlog-dev';
  }
  const client = join(BUILD, 'client');
  mkdirSync(BUILD, { recursive: true });
  const source = join(ROOT, 'test/pmemlog/client.c');
  const { error, status, stderr } = spawnSync(
    'cc',
    ['-O1', '-Wall', '-Werror', '-o', client, source, '-lpmemlog'],
    {
      encoding: 'utf8',
    },
  );
  if (error !== undefined) return 'there is no C compiler';
  if (status !== 0) throw new Error(stderr);
  return {
    run: (how, path, ...acts) =>
      execFileSync(client, [how, path, ...acts], { stdio: ['ignore', 'pipe', 'pipe'] }),
    async hold(path) {
      const child = spawn(client, ['open', path, 's'], { stdio: ['pipe', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      return {
        async release() {
          const ended = once(child, 'exit');
          child.stdin.end('\n');
          await ended;
        },
      };
    },
  };
}

/** True if `pmempool check` finds nothing wrong with a pool; undefined where it is not installed. */
export function isConsistent(path: string): boolean | undefined {
  const { error, status } = spawnSync('pmempool', ['check', '-q', path]);
  return error === undefined ? status === 0 : undefined;
}
