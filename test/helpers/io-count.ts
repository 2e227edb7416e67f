import { existsSync, readFileSync } from 'node:fs';

const COUNTERS = '/proc/self/io';

/** How many bytes this process read from files while `action` ran; undefined where the system does not tell. */
export async function bytesReadBy(action: () => Promise<unknown>): Promise<number | undefined> {
  const before = bytesRead();
  await action();
  const after = bytesRead();
  return before === undefined || after === undefined ? undefined : after - before;
}

function bytesRead(): number | undefined {
  if (!existsSync(COUNTERS)) return undefined;
  const line = /^rchar: (\d+)$/m.exec(readFileSync(COUNTERS, 'utf8'));
  return line === null ? undefined : Number(line[1]);
}
