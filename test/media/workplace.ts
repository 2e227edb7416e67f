import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Medium } from '../../src/media/medium.js';
import { type OpenMediumOptions, openMedium } from '../../src/media/open.js';

/** A directory for one test file, gone after it; in memory where the machine has that. */
export function directoryForFile(base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()): string {
  const directory = mkdtempSync(join(base, 'varve-media-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** `openMedium` with everything left at its default. */
export function open(target: string | URL, options: Partial<OpenMediumOptions> = {}): Medium {
  return openMedium(target, { mode: 'open-or-create', readOnly: false, medium: 'auto', ...options });
}

/** Makes and reopens media of a kind for the conformance suite. */
export function sourceOf(medium: OpenMediumOptions['medium'], directory: string) {
  let count = 0;
  return {
    create: (size: number) => open(join(directory, `medium-${count++}`), { size, medium, mode: 'create' }),
    reopen: (closed: Medium) => open(closed.path ?? '', { medium, mode: 'open' }),
  };
}
