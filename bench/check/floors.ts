import fs from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../../src/base/native-loader.js';
import type { Work } from './works.js';

/** A round of what a work is timed beside. */
export type Floor = () => void;

const BYTES = 2 ** 22;
const STRIDE = 80;

/** As many copies of 64 bytes behind a header; where a work persists each entry, into a mapping, each flushed and fenced. */
export function floorOf({ operations, timed }: Work, directory: string): Floor {
  const { memory, persist } = timed === 'persists' ? mapped(directory) : inMemory();
  const bytes = new Uint8Array(memory);
  const words = new Uint32Array(memory);
  const data = new Uint8Array(64).fill(7);
  let at = 0;
  return () => {
    for (let i = 0; i < operations; i += 1) {
      if (at + STRIDE > BYTES) at = 0;
      const word = at >>> 2;
      words[word] = 64;
      words[word + 1] = i;
      words[word + 2] = i;
      words[word + 3] = i;
      bytes.set(data, at + 16);
      persist?.(at);
      at += STRIDE;
    }
  };
}

interface Target {
  readonly memory: ArrayBuffer;
  /** Makes durable what was stored at a position. */
  readonly persist: ((at: number) => void) | undefined;
}

function inMemory(): Target {
  return { memory: new ArrayBuffer(BYTES), persist: undefined };
}

/** By the addon's calls, as the medium does: what crossing into native code takes belongs to both sides. */
function mapped(directory: string): Target {
  const addon = loadAddon();
  if (addon === undefined) throw new Error('there is no addon');
  const file = join(directory, 'floor');
  fs.writeFileSync(file, new Uint8Array(BYTES));
  const { mapping, memory } = addon.map(fs.openSync(file, 'r+'), 0, BYTES, 'shared', true);
  const block = new Float64Array(addon.block);
  const persist = (at: number) => {
    block[0] = mapping;
    block[1] = at;
    block[2] = at + STRIDE;
    addon.flush();
    addon.fence();
  };
  return { memory, persist };
}
