import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { program } from '../lib/paths.js';
import { memoryDirectory } from '../lib/place.js';
import type { Kind } from './works.js';

/** V8 does the same in every run: nothing is compiled beside the program; the young generation is larger than the garbage of a round. */
export const PREDICTABLE: readonly string[] = [
  '--single-threaded',
  '--predictable',
  '--hash-seed=1',
  '--random-seed=1',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--no-incremental-marking',
  '--expose-gc',
];

/** Of which all bytes of a stream's identity are, where nothing is left to chance. */
export const IDENTITY = 37;

const ENOUGH = 2 ** 29;

/** How a worker is started. */
export interface Start {
  readonly worker: 'worker' | 'groups-worker';
  readonly arguments: readonly string[];
  readonly kind: Kind;
  /** What Node is started by, and with. */
  readonly before?: readonly string[];
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a worker said. */
export interface Said {
  readonly result: unknown;
  readonly output: string;
}

/** Runs a worker in a process and a directory of its own. */
export async function runWorker(start: Start): Promise<Said> {
  const directory = mkdtempSync(join(parentFor(start.kind), 'varve-check-'));
  const command = [
    ...(start.before ?? []),
    process.execPath,
    ...(start.flags ?? []),
    program(`check/${start.worker}`),
    ...start.arguments,
    directory,
  ];
  try {
    const child = spawn(command[0] as string, command.slice(1), {
      env: { ...process.env, ...start.env },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const streams = [child.stdout, child.stderr, child.stdio[3]] as Readable[];
    const [output = '', errors = '', result = ''] = await Promise.all(streams.map((stream) => text(stream)));
    if ((await ended) !== 0) throw new Error(`${start.arguments.join(' ')}: ${errors}`);
    return { result: JSON.parse(result) as unknown, output };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Several of them run at a time: in containers a file system in memory is often too small for that, and counts do not depend on it. */
function parentFor(kind: Kind): string {
  if (kind !== 'pmem') return tmpdir();
  const { bavail, bsize } = statfsSync(memoryDirectory());
  return bavail * bsize >= ENOUGH ? memoryDirectory() : tmpdir();
}
