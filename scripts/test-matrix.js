// Runs the tests on other versions of Node, which the `node` package of the npm registry brings:
//
//   node scripts/test-matrix.js [version …]      by default 22, 24 and 26
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './run.js';

const DEFAULT_VERSIONS = ['22', '24', '26'];

/** Installs a version into `folder` and runs all tests with it; true if they pass. */
function passesOn(version, folder) {
  const options = ['--no-audit', '--no-fund', '--no-save', '--prefix', folder];
  const installed = spawnSync('npm', ['install', ...options, `node@${version}`], { stdio: 'inherit' });
  if (installed.status !== 0) return false;
  const node = join(folder, 'node_modules', 'node', 'bin', 'node');
  console.log(`\nNode ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()}`);
  const tests = ['--enable-source-maps', join(root, 'scripts', 'test.js')];
  return spawnSync(node, tests, { cwd: root, stdio: 'inherit' }).status === 0;
}

const wanted = process.argv.slice(2);
const failed = (wanted.length > 0 ? wanted : DEFAULT_VERSIONS).filter((version) => {
  const folder = mkdtempSync(join(tmpdir(), 'varve-node-'));
  try {
    return !passesOn(version, folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
console.log(failed.length === 0 ? '\nAll versions pass.' : `\nFailed on Node ${failed.join(', ')}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
