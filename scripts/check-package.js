// Packs the package as npm would publish it, and looks at what users would get: the right files and nothing else, manifest
// and types that fit every kind of import, and entry points that load from an installed copy.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root, runNode } from './run.js';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const addon = `prebuilds/${process.platform}-${process.arch}/varve.node`;
const REQUIRED = ['README.md', 'LICENSE', 'CHANGELOG.md', 'docs/format.md', ...entryFiles()];
const ALLOWED =
  /^(dist\/.+\.(js|d\.ts)|prebuilds\/[^/]+\/varve\.node|docs\/(?!benchmarks).+\.md|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
const MAX_BYTES = 2 * 2 ** 20;

/** Every file that the manifest names as a way in. */
function entryFiles() {
  const targets = Object.values(manifest.exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  return [...targets, ...Object.values(manifest.bin)].map((path) => path.replace(/^\.\//, ''));
}

const problems = [];
const work = mkdtempSync(join(tmpdir(), 'varve-package-'));
try {
  const { tarball, installed } = packAndInstall();
  checkFiles(installed);
  await checkManifest(installed);
  checkTypes(tarball);
  checkLoading();
} finally {
  rmSync(work, { recursive: true, force: true });
}
for (const problem of problems) console.error(`check:package: ${problem}`);
console.log(`check:package: ${problems.length === 0 ? 'all well' : `${problems.length} problems`}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Packs, and unpacks into a node_modules beside the package's runtime dependencies. */
function packAndInstall() {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', work], { cwd: root });
  const tarball = join(
    work,
    readdirSync(work).find((name) => name.endsWith('.tgz')),
  );
  const modules = join(work, 'node_modules');
  const installed = join(modules, manifest.name);
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  return { tarball, installed };
}

function checkFiles(installed) {
  const files = readdirSync(installed, { recursive: true }).filter((name) =>
    statSync(join(installed, name)).isFile(),
  );
  for (const file of REQUIRED)
    if (!files.includes(file)) problems.push(`${file} is missing from the package`);
  for (const file of files)
    if (!ALLOWED.test(file)) problems.push(`${file} does not belong into the package`);
  const bytes = files.reduce((total, name) => total + statSync(join(installed, name)).size, 0);
  console.log(`check:package: ${files.length} files, ${Math.ceil(bytes / 1024)} KiB`);
  if (bytes > MAX_BYTES) problems.push(`the package holds ${bytes} bytes, more than ${MAX_BYTES}`);
  if (files.includes(addon)) {
    // Only with the addon can a file be mapped: so it is found from where the package's modules are.
    const open = `(await (await import('${manifest.name}')).Stream.open('mapped', { size: '1MiB', medium: 'page-cache' })).close()`;
    tryNode('the addon', ['--input-type=module', '-e', `await ${open}`]);
    return;
  }
  if (spawnSync('cc', ['--version']).status === 0)
    problems.push(`${addon} is missing, although there is a C compiler`);
  else console.log(`check:package: SKIPPED the look for ${addon}: there is no C compiler here`);
}

async function checkManifest(installed) {
  const { messages } = await publint({ pkgDir: installed, pack: false, strict: true, level: 'warning' });
  for (const message of messages) problems.push(`publint: ${formatMessage(message, manifest)}`);
}

function checkTypes(tarball) {
  const bin = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  if (
    !runNode(bin, [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', '--quiet'])
  ) {
    problems.push('the types do not fit the entry points: npx attw --pack . --profile esm-only');
  }
}

/** Loads every entry point from the installed copy: by import, and by require() where this Node can. */
function checkLoading() {
  const names = Object.keys(manifest.exports).filter((path) => !path.endsWith('.json'));
  for (const name of names.map((path) => manifest.name + path.slice(1))) {
    tryNode(`import ${name}`, ['--input-type=module', '-e', `await import('${name}')`]);
    if (process.features.require_module) tryNode(`require ${name}`, ['-e', `require('${name}')`]);
  }
  for (const [name, path] of Object.entries(manifest.bin)) {
    tryNode(`${name} --help`, [join('node_modules', manifest.name, path), '--help']);
  }
}

function tryNode(what, args) {
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: work, encoding: 'utf8' });
  if (status !== 0) problems.push(`${what} fails from an installed package:\n${stderr}`);
}
