import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Floor, startFloor } from '../bench/sides/floor.js';
import { loadAddon } from '../src/base/native-loader.js';
import { Stream } from '../src/index.js';

const SHARED_MEMORY = '/dev/shm';
const MAPPED_BYTES = 16 * 1024 * 1024;
const ENTRY_BYTES = 64;
const APPENDS = 100_000;
const ROUNDS = 5;

/** Nanoseconds for one durable append of 64 bytes on mapped memory, and for the same copy, flush and fence in C. */
export interface MappedRates {
  varveNs: number;
  floorNs: number;
}

/** Measures both in turn on memory that stands in for persistent memory; undefined where the addon, a C compiler or the memory is missing. */
export async function measureMapped(): Promise<MappedRates | undefined> {
  if (loadAddon() === undefined || !existsSync(SHARED_MEMORY)) return undefined;
  const directory = mkdtempSync(join(SHARED_MEMORY, 'varve-demo-'));
  try {
    const floor = startFloor(directory, MAPPED_BYTES, () => {});
    if (floor === undefined) return undefined;
    const measured = await measureBeside(join(directory, 'pmem.varve'), floor);
    floor.end();
    return measured;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureBeside(path: string, floor: Floor): Promise<MappedRates> {
  const source = new Uint8Array(ENTRY_BYTES).fill(7);
  const stream = Stream.openSync(path, { size: MAPPED_BYTES + 1024 * 1024, medium: 'pmem' });
  const region = stream.allocateSync(MAPPED_BYTES);
  const rounds: MappedRates[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    region.clearSync();
    const started = performance.now();
    for (let i = 0; i < APPENDS; i += 1) region.appendSync(source);
    const varveNs = ((performance.now() - started) * 1e6) / APPENDS;
    const { time } = await floor.run('each', ENTRY_BYTES, APPENDS);
    rounds.push({ varveNs, floorNs: time / APPENDS });
  }
  stream.closeSync();
  const sorted = rounds.toSorted((a, b) => a.varveNs / a.floorNs - b.varveNs / b.floorNs);
  return sorted[Math.floor(ROUNDS / 2)] ?? { varveNs: 0, floorNs: 0 };
}
