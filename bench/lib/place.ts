import { accessSync, constants, mkdtempSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TMPFS = 0x01021994;
const NAMES = new Map([
  [TMPFS, 'tmpfs'],
  [0x858458f6, 'ramfs'],
  [0xef53, 'ext4'],
  [0x58465342, 'xfs'],
  [0x9123683e, 'btrfs'],
  [0x794c7630, 'overlayfs'],
  [0x2fc12fc1, 'zfs'],
  [0xf2f52010, 'f2fs'],
  [0x6969, 'nfs'],
]);

/** Where a group of benchmarks puts its files: on a file system in memory, on a disk, or it has none. */
export type PlaceKind = 'in-memory' | 'disk' | 'none';

/** A directory of its own for a run, to be removed after it. */
export interface Place {
  readonly directory: string;
  /** What kind of file system it is on, and a remark where that is not the kind that was asked for. */
  readonly description: string;
}

/**
 * Makes a directory for a run.
 *
 * @param kind the file system that is wanted; another one is taken with a remark where there is none of it
 * @param given the directory to be used as a disk; else that for temporary files
 */
export function makePlace(kind: 'in-memory' | 'disk', given: string | undefined): Place {
  const parent = kind === 'disk' ? (given ?? tmpdir()) : memoryDirectory();
  const isMemory = statfsSync(parent).type === TMPFS;
  const remark = isMemory === (kind === 'in-memory') ? '' : remarkOn(kind);
  return {
    directory: mkdtempSync(join(parent, 'varve-bench-')),
    description: `a file on ${fileSystem(parent)}${remark}`,
  };
}

function remarkOn(kind: 'in-memory' | 'disk'): string {
  if (kind === 'disk') return ' (NO DISK: syncs cost nothing here; give a directory on a disk by --dir=)';
  return ' (no tmpfs was found: pages are written to a disk meanwhile, which disturbs)';
}

/** A directory on a file system in memory, if there is one. */
export function memoryDirectory(): string {
  return ['/dev/shm', '/run/shm', tmpdir()].find(isUsableTmpfs) ?? tmpdir();
}

function isUsableTmpfs(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return statfsSync(directory).type === TMPFS;
  } catch {
    return false;
  }
}

function fileSystem(directory: string): string {
  const { type } = statfsSync(directory);
  return NAMES.get(type) ?? `a file system of type 0x${type.toString(16)}`;
}
