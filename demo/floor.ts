import { closeSync, existsSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { loadAddon } from '../src/base/native-loader.js';
import { Stream } from '../src/index.js';

const SHARED_MEMORY = '/dev/shm';
const MAPPED_BYTES = 16 * 1024 * 1024;
const ENTRY_BYTES = 64;
const APPENDS = 100_000;
const ROUNDS = 5;
const FLUSH_EACH = 1;

/** Nanoseconds for one durable append of 64 bytes on mapped memory, and for the same copy, flush and fence in C. */
export interface MappedRates {
  varveNs: number;
  floorNs: number;
}

/** Measures both in turn on memory that stands in for persistent memory; undefined where the addon or the memory is missing. */
export function measureMapped(): MappedRates | undefined {
  const addon = loadAddon();
  if (addon === undefined || !existsSync(SHARED_MEMORY)) return undefined;
  const directory = mkdtempSync(join(SHARED_MEMORY, 'varve-demo-'));
  try {
    const floorFile = openSync(join(directory, 'floor'), 'w+');
    ftruncateSync(floorFile, MAPPED_BYTES);
    const { mapping } = addon.map(floorFile, 0, MAPPED_BYTES, 'shared', true);
    const source = new Uint8Array(ENTRY_BYTES).fill(7);
    const floor = () => addon.floor(mapping, source, APPENDS, FLUSH_EACH, 1) / APPENDS;
    const measured = measureBeside(join(directory, 'pmem.varve'), source, floor);
    addon.unmap(mapping);
    closeSync(floorFile);
    return measured;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function measureBeside(path: string, source: Uint8Array, floor: () => number): MappedRates {
  const stream = Stream.openSync(path, { size: MAPPED_BYTES + 1024 * 1024, medium: 'pmem' });
  const region = stream.allocateSync(MAPPED_BYTES);
  const rounds = Array.from({ length: ROUNDS }, () => {
    region.clearSync();
    const started = performance.now();
    for (let i = 0; i < APPENDS; i += 1) region.appendSync(source);
    const varveNs = ((performance.now() - started) * 1e6) / APPENDS;
    return { varveNs, floorNs: floor() };
  });
  stream.closeSync();
  return (
    rounds.toSorted((a, b) => a.varveNs / a.floorNs - b.varveNs / b.floorNs)[Math.floor(ROUNDS / 2)] ?? {
      varveNs: 0,
      floorNs: 0,
    }
  );
}
