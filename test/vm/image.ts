import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tools } from './tools.js';

const BUILD = fileURLToPath(new URL('../../', import.meta.url));

/** In the order in which they need each other. */
const MODULES = [
  ...['libnvdimm', 'nfit', 'nd_btt', 'nd_pmem'],
  ...['virtio_ring', 'virtio', 'virtio_pci_modern_dev', 'virtio_pci_legacy_dev', 'virtio_pci', 'virtio_blk'],
  ...['libcrc32c', 'xfs'],
];

/** All that the program in the machine needs besides Node. */
const PROGRAM = ['src', 'test/vm/guest.js', 'test/kill', 'test/helpers/bytes.js'];

const INIT = `#!/bin/busybox sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
for module in ${MODULES.join(' ')}; do
  [ -f /modules/$module.ko ] && /bin/busybox insmod /modules/$module.ko
done
/bin/busybox stty -F /dev/ttyS1 raw -echo
cd /app
exec /bin/node --enable-source-maps build/test/vm/guest.js
`;

/**
 * Makes the image of a file system in memory that the kernel starts with: this machine's Node and its libraries, this build of varve,
 * and one program.
 */
export function makeImage(tools: Tools, directory: string, image: string): void {
  for (const name of ['bin', 'dev', 'proc', 'sys', 'modules', 'app', 'tmp']) {
    mkdirSync(join(directory, name), { recursive: true });
  }
  writeFileSync(join(directory, 'init'), INIT, { mode: 0o755 });
  copyFileSync(tools.busybox, join(directory, 'bin/busybox'));
  copyNode(directory);
  copyModules(tools.modules, join(directory, 'modules'));
  copyProgram(join(directory, 'app'));
  const names = execFileSync('find', ['.'], { cwd: directory });
  const { status, stdout, stderr } = spawnSync(tools.busybox, ['cpio', '-o', '-H', 'newc'], {
    cwd: directory,
    input: names,
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`cpio failed: ${stderr}`);
  writeFileSync(image, stdout);
}

function copyNode(directory: string): void {
  copyFileSync(process.execPath, join(directory, 'bin/node'));
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  for (const library of libraries) {
    const copy = join(directory, library);
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(library, copy);
  }
}

function copyModules(from: string, to: string): void {
  const wanted = new Set(MODULES.map((name) => `${name}.ko`));
  for (const path of readdirSync(from, { recursive: true, encoding: 'utf8' })) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (wanted.has(name)) copyFileSync(join(from, path), join(to, name));
  }
}

function copyProgram(app: string): void {
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }\n');
  for (const path of PROGRAM) cpSync(join(BUILD, path), join(app, 'build', path), { recursive: true });
  const prebuilds = join(BUILD, '../prebuilds');
  if (existsSync(prebuilds)) cpSync(prebuilds, join(app, 'prebuilds'), { recursive: true });
}
