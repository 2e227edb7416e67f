const BARRIER = process.arch === 'x64' || process.arch === 'ia32' ? undefined : new Int32Array(1);

/** As src/core/record-watch.ts does it: loads before it are done before those behind it. */
export function keepLoadsInOrder(): void {
  if (BARRIER === undefined) return;
  Atomics.store(BARRIER, 0, 0);
  Atomics.load(BARRIER, 0);
}
