import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory of package.json. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Runs a JavaScript program with this Node and the project's root as its directory; its output is shown.
 *
 * @param {string} file the program
 * @param {string[]} args its arguments
 * @returns {boolean} true if it ended with exit code 0
 */
export function runNode(file, args = []) {
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' });
  return status === 0;
}

/**
 * Compiles a tsconfig file with the TypeScript of this project.
 *
 * @param {string} config its name, from the project's root
 * @returns {boolean} true if there was no type error; files are written in any case
 */
export function compile(config) {
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json');
  return runNode(join(dirname(manifest), 'bin/tsc'), ['-p', config]);
}
