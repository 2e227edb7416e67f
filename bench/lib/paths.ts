import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory bench/ of the sources, seen from build/bench/lib/. */
export const BENCH_ROOT = fileURLToPath(new URL('../../../bench/', import.meta.url));

/** The compiled program of that name, from bench/ on, without its ending. */
export function program(name: string): string {
  return join(BENCH_ROOT, '../build/bench', `${name}.js`);
}
