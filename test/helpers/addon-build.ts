import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root, seen from build/test/helpers/. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A build of the addon, or why there is none. */
export type AddonBuild = { file: string } | { problem: string };

/**
 * Builds a variant of the addon, unless it is there and newer than its sources. Without a C compiler there is none.
 *
 * @param variant one of scripts/build-native.js, such as 'recorded'
 * @throws if the compiler refuses the sources, or warns
 */
export function buildAddon(variant: string): AddonBuild {
  const script = join(ROOT, 'scripts/build-native.js');
  const { status, stderr } = spawnSync(process.execPath, [script, `--${variant}`], { encoding: 'utf8' });
  const file = join(ROOT, 'build', variant, 'varve.node');
  if (status !== 0 || stderr.includes('warning')) throw new Error(stderr);
  return existsSync(file) ? { file } : { problem: stderr.trim() };
}
