import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addonProblem } from '../../src/base/native-loader.js';

/** `scripts/test-vm.js --fetch` unpacks Debian packages here; nothing of them is installed. */
const UNPACKED = fileURLToPath(new URL('../../vm/root', import.meta.url));

/** What a virtual machine is made from. */
export interface Tools {
  readonly qemu: string;
  readonly busybox: string;
  readonly kernel: string;
  /** The directory of the kernel's modules. */
  readonly modules: string;
}

/** Finds the tools, or says why there are none. */
export function findTools(): Tools | string {
  const problem = addonProblem();
  if (problem !== undefined) return problem;
  const kernel = namesIn(join(UNPACKED, 'boot')).find((name) => name.startsWith('vmlinuz-'));
  const release = namesIn(join(UNPACKED, 'lib/modules'))[0];
  const tools = {
    qemu: join(UNPACKED, 'usr/bin/qemu-system-x86_64'),
    busybox: join(UNPACKED, 'bin/busybox'),
    kernel: join(UNPACKED, 'boot', kernel ?? 'vmlinuz'),
    modules: join(UNPACKED, 'lib/modules', release ?? '', 'kernel'),
  };
  const missing = Object.values(tools).find((path) => !existsSync(path));
  if (missing !== undefined) {
    return `there is no ${missing}: node scripts/test-vm.js --fetch gets the Debian packages it comes from`;
  }
  return tools;
}

function namesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** The environment in which programs from the unpacked packages find their libraries. */
export function environment(): NodeJS.ProcessEnv {
  const libraries = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'].map((path) => join(UNPACKED, path));
  return { ...process.env, LD_LIBRARY_PATH: libraries.join(':') };
}

/** Where QEMU finds the firmware. */
export function firmware(): string[] {
  return ['usr/share/qemu', 'usr/share/seabios'].flatMap((path) => ['-L', join(UNPACKED, path)]);
}

/** Makes a file system in an image. */
export function makeFileSystem(type: 'ext4' | 'xfs', image: string): void {
  const unpacked = [join(UNPACKED, 'sbin'), join(UNPACKED, 'usr/sbin')].map((path) =>
    join(path, `mkfs.${type}`),
  );
  const command = unpacked.find((path) => existsSync(path)) ?? `mkfs.${type}`;
  // Copies of data that are shared rule DAX out on older kernels.
  const args = type === 'xfs' ? ['-q', '-f', '-m', 'reflink=0', image] : ['-q', '-F', '-b', '4096', image];
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', env: environment() });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`);
}
