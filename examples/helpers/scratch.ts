import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A path for a file that is gone when the example ends. */
export function scratchPath(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'varve-example-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  return join(directory, name);
}
