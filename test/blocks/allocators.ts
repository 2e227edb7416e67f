import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlocksAllocator, FileSystem, Memory } from '../../src/blocks/index.js';
import { Sliced } from './sliced.js';

/** Where an endless stream may lie: `open` gives what the last one has left. */
export interface Ground {
  open(): BlocksAllocator;
  remove(): void;
}

/** A directory of its own, and how to remove it. */
export function directory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'varve-blocks-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function files(medium: 'auto' | 'file'): Ground {
  const { path, remove } = directory();
  return { open: () => new FileSystem(path, { medium }), remove };
}

function memory(): Ground {
  const allocator = new Memory();
  return { open: () => allocator, remove: () => {} };
}

/** @param count number of blocks that are asked for, of 2^shift bytes */
function simulated(count: number, shift: number): Ground {
  const { medium } = Sliced.create(count, shift);
  return { open: () => new Sliced(medium, count, shift), remove: () => {} };
}

/** Every kind of blocks that keeps something. */
export const GROUNDS: Readonly<Record<string, (count: number, shift: number) => Ground>> = {
  memory,
  'files by the best medium': () => files('auto'),
  'files by reads and writes': () => files('file'),
  'a simulated medium': simulated,
};
