import { existsSync } from 'node:fs';
import { resolve, toNamespacedPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Addon } from './addon.js';

interface Loaded {
  readonly addon: Addon | undefined;
  readonly problem: string | undefined;
}

/** Asked for while modules are loaded: the first question of a process takes a millisecond. */
const HERE = import.meta.url;

let loaded: Loaded | undefined;

/**
 * The native addon, or undefined if it cannot be had here; loaded once.
 *
 * For tests and emergencies the environment has a say: `VARVE_NO_ADDON=1` goes without it, `VARVE_ADDON=<path>` loads
 * another build of it.
 */
export function loadAddon(): Addon | undefined {
  loaded ??= load();
  return loaded.addon;
}

/** Why there is no native addon, in one sentence; undefined if there is one. */
export function addonProblem(): string | undefined {
  loaded ??= load();
  return loaded.problem;
}

function load(): Loaded {
  const { VARVE_NO_ADDON: off, VARVE_ADDON: other } = process.env;
  if (off !== undefined && off !== '' && off !== '0') return without('it is turned off by VARVE_NO_ADDON');
  const path = other !== undefined && other !== '' ? other : findBuild();
  if (path === undefined) return without(`this package brings none for ${process.platform}-${process.arch}`);
  try {
    return { addon: loadLibrary(path), problem: undefined };
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).split('\n')[0];
    const found = without(`${path} cannot be loaded: ${reason}`);
    // It is there and does not work: whoever expects its speed should know, once.
    process.emitWarning(`${found.problem} varve goes on without it.`, { code: 'VARVE_ADDON' });
    return found;
  }
}

/** What `require` does in the end: on its way there it looks for packages and runs much code for the first time, a fifth of an opening in a new process. */
function loadLibrary(path: string): Addon {
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, toNamespacedPath(resolve(path)));
  return module.exports as Addon;
}

function without(why: string): Loaded {
  return { addon: undefined, problem: `The native addon is not in use: ${why}.` };
}

/** The package's root is two levels up in the package (dist/chunks), three in a checkout's tests (build/src/base). */
function findBuild(): string | undefined {
  const build = `prebuilds/${process.platform}-${process.arch}/varve.node`;
  for (const root of ['../..', '../../..']) {
    const path = fileURLToPath(new URL(`${root}/${build}`, HERE));
    if (existsSync(path)) return path;
  }
  return undefined;
}
