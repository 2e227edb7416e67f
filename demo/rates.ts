import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { roundUp } from '../src/base/sizes.js';
import { Stream } from '../src/index.js';
import type { Planned } from './plan.js';

const GROUP = 256;
const ROUNDS = 5;
const ENTRIES_A_ROUND = 40_960;
const HEADER_BYTES = 16;

/** Durable appends a second, and the same bytes in the same groups by write and fdatasync. */
export interface Rates {
  varve: number;
  bare: number;
  medium: string;
}

/** Measures both in turn, several times, and takes the medians. */
export async function measureRates(directory: string, entries: Planned[]): Promise<Rates> {
  const groups = groupsOf(entries.slice(0, ENTRIES_A_ROUND).map(({ bytes }) => bytes));
  const bytes = groups.flat().reduce((sum, { byteLength }) => sum + entrySize(byteLength), 0);
  const path = join(directory, 'rates.varve');
  const stream = await Stream.open(path, { size: roundUp(bytes, 4096) + 1024 * 1024, mode: 'create' });
  const region = await stream.allocate(bytes);
  const bare = bareFile(join(directory, 'rates.bare'), bytes);
  const rates: { varve: number[]; bare: number[] } = { varve: [], bare: [] };
  try {
    // The first round is not counted: it writes blocks that were never written before, which costs the disk more.
    for (let round = 0; round <= ROUNDS; round += 1) {
      await region.clear();
      const varve = await rateOf(groups, async (group) => {
        await Promise.all(group.map((line) => region.append(line)));
      });
      bare.rewind();
      const floor = await rateOf(groups, async (group) => bare.append(group));
      if (round === 0) continue;
      rates.varve.push(varve);
      rates.bare.push(floor);
    }
    return { varve: median(rates.varve), bare: median(rates.bare), medium: stream.medium.kind };
  } finally {
    bare.close();
    await stream.close();
    rmSync(path);
  }
}

async function rateOf(groups: Buffer[][], append: (group: Buffer[]) => Promise<void>): Promise<number> {
  const started = performance.now();
  for (const group of groups) await append(group);
  return (groups.length * GROUP * 1000) / (performance.now() - started);
}

/** Writes the bytes that varve would write, each group in one go, and waits for the disk. */
function bareFile(path: string, size: number) {
  const file = openSync(path, 'w');
  writeSync(file, Buffer.alloc(size));
  fdatasyncSync(file);
  let position = 0;
  return {
    append(group: Buffer[]): void {
      const bytes = Buffer.concat(group.map((line) => Buffer.concat([line], entrySize(line.byteLength))));
      position += writeSync(file, bytes, 0, bytes.byteLength, position);
      fdatasyncSync(file);
    },
    rewind(): void {
      position = 0;
    },
    close(): void {
      closeSync(file);
      rmSync(path);
    },
  };
}

function entrySize(payload: number): number {
  return HEADER_BYTES + Math.ceil(payload / 8) * 8;
}

function groupsOf(lines: Buffer[]): Buffer[][] {
  const count = Math.floor(lines.length / GROUP);
  return Array.from({ length: count }, (_, i) => lines.slice(i * GROUP, (i + 1) * GROUP));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
