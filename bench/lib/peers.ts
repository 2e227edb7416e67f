import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BENCH_ROOT } from './paths.js';

/** The package of bench/. The peers are its optional dependencies, so that one that cannot be installed does not keep out the others. */
const MANIFEST = join(BENCH_ROOT, 'package.json');
/** Written by npm when an installation is complete. */
const INSTALLED = join(BENCH_ROOT, 'node_modules/.package-lock.json');

/** Installs the peers unless they are there. Without them their rows are left out, and the page says so. */
export function installPeers(): void {
  if (existsSync(INSTALLED)) return;
  console.log('bench: installing the peers, in bench/ only; some are compiled, which takes minutes');
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit'], {
    cwd: BENCH_ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) console.error('bench: THE PEERS COULD NOT BE INSTALLED, see above; they are left out');
}

/**
 * A peer's module. Types are the caller's business: the project is checked without the peers.
 *
 * @throws if it is not installed, or does not load here
 */
export async function loadPeer(name: string): Promise<unknown> {
  return await import(pathToFileURL(createRequire(MANIFEST).resolve(name)).href);
}

/** What is installed of each peer, or that it is not. */
export function peerVersions(): Readonly<Record<string, string>> {
  const { optionalDependencies: peers } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  return Object.fromEntries(Object.keys(peers).map((name) => [name, installedVersion(name)]));
}

function installedVersion(name: string): string {
  const manifest = join(BENCH_ROOT, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) return 'not installed, hence left out';
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
