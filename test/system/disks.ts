import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { problemOfCommand } from '../media/system.js';

/** File systems that a test can have for itself, and the bytes that the smallest of each kind takes. */
export const FILE_SYSTEMS = { tmpfs: '3m', ext4: '8m', xfs: '300m' } as const;
export type FileSystem = keyof typeof FILE_SYSTEMS;

/** A file system of its own, until the test ends. */
export interface Disk {
  readonly directory: string;
  /** Nothing gets through to it any more, and what is not on it by now never will be. Not on tmpfs. */
  shutDown(): void;
  /** As after a power cut: mounted anew from what is on it. Not on tmpfs. */
  mountAgain(): void;
  /** Takes all the room that is left; returns how to give it back. */
  fill(): () => void;
}

/** Makes and mounts one; or why that cannot be. */
export function ownDisk(t: TestContext, kind: FileSystem): Disk | { problem: string } {
  const base = mkdtempSync(join(tmpdir(), 'varve-disk-'));
  t.after(() => {
    spawnSync('umount', ['-l', directory]);
    rmSync(base, { recursive: true });
  });
  const directory = join(base, 'mounted');
  let image = join(base, 'image');
  let copies = 0;
  mkdirSync(directory);
  const problem = kind === 'tmpfs' ? mountTmpfs(directory) : makeAndMount(kind, image, directory);
  if (problem !== undefined) return { problem };
  return {
    directory,
    shutDown: () => void execFileSync('xfs_io', ['-x', '-c', 'shutdown', directory]),
    mountAgain() {
      // From a copy: whoever copied the list of mounts meanwhile may keep the old one alive.
      execFileSync('umount', ['-l', directory]);
      copies += 1;
      const copy = `${image}.${copies}`;
      execFileSync('cp', ['--sparse=always', image, copy]);
      image = copy;
      execFileSync('mount', ['-o', kind === 'xfs' ? 'loop,nouuid' : 'loop', image, directory]);
    },
    fill: () => fill(join(directory, 'ballast')),
  };
}

function mountTmpfs(directory: string): string | undefined {
  return problemOfCommand('mount', ['-t', 'tmpfs', '-o', `size=${FILE_SYSTEMS.tmpfs}`, 'varve', directory]);
}

function makeAndMount(kind: 'ext4' | 'xfs', image: string, directory: string): string | undefined {
  writeFileSync(image, '');
  truncateSync(image, Number.parseInt(FILE_SYSTEMS[kind], 10) * 2 ** 20);
  return (
    problemOfCommand(`mkfs.${kind}`, ['-q', image]) ??
    problemOfCommand('mount', ['-o', 'loop', image, directory])
  );
}

/** Takes what is left, in pieces that get smaller. */
function fill(path: string): () => void {
  writeFileSync(path, '');
  for (let piece = 2 ** 26; piece >= 4096; piece /= 4) {
    const takeOne = (): boolean => {
      return (
        problemOfCommand('fallocate', ['-o', `${statSync(path).size}`, '-l', `${piece}`, path]) === undefined
      );
    };
    while (takeOne());
  }
  return () => rmSync(path);
}
