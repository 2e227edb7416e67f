// Power cuts in a virtual machine with NVDIMMs and disks: append, cut, boot, verify (test/vm).
//
//   node scripts/test-vm.js [--fetch] [--cuts N] [--seed N]
//
// With --fetch the Debian packages that it needs are put into build/vm, about 45 MB, and unpacked there; nothing is installed. Where
// there are none it says so, and that is no failure.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { compile, root } from './run.js';

const directory = join(root, 'build/vm');
const packages = join(directory, 'packages');

/** With what they depend on, as far as this machine does not have it. */
const WITH_LIBRARIES = ['qemu-system-x86', 'seabios', 'xfsprogs', 'e2fsprogs'];
const ALONE = ['busybox-static'];
/** Depends on the newest kernel, and is nothing itself. */
const KERNEL = 'linux-image-cloud-amd64';

function run(command, args, cwd = packages) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

function download() {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(join(packages, 'partial'), { recursive: true });
  const kernel = run('apt-cache', ['depends', KERNEL]).match(/Depends: (linux-image-\S+)/)?.[1];
  if (kernel === undefined) throw new Error(`apt-cache knows no ${KERNEL}`);
  const here = ['-o', `Dir::Cache::archives=${packages}`, '-o', 'Debug::NoLocking=1'];
  const only = ['-qq', '-y', '--download-only', '--reinstall', '--no-install-recommends'];
  run('apt-get', [...here, ...only, 'install', ...WITH_LIBRARIES]);
  run('apt-get', ['-qq', 'download', kernel, ...ALONE]);
}

function fetch() {
  try {
    download();
  } catch {
    // The lists of packages may be missing or old; without the right to get new ones the second try says what is the case.
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    download();
  }
  for (const name of readdirSync(packages).filter((each) => each.endsWith('.deb'))) {
    run('dpkg', ['-x', name, join(directory, 'root')]);
  }
  rmSync(packages, { recursive: true });
}

async function toolsOf({ fetches }) {
  const { findTools } = await import(pathToFileURL(join(root, 'build/test/vm/tools.js')).href);
  if (!fetches || typeof findTools() !== 'string') return findTools();
  try {
    fetch();
  } catch (error) {
    return `the Debian packages cannot be had here: ${error.message}`;
  }
  return findTools();
}

const { values } = parseArgs({
  options: {
    fetch: { type: 'boolean', default: false },
    cuts: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
  },
});
if (!compile('tsconfig.json')) process.exit(1);
const tools = await toolsOf({ fetches: values.fetch });
if (typeof tools === 'string') {
  console.log(`test-vm: SKIPPED, nothing was tried: ${tools}`);
} else {
  const { cutAgainAndAgain } = await import(pathToFileURL(join(root, 'build/test/vm/cuts.js')).href);
  const tally = await cutAgainAndAgain(tools, Number(values.seed), { cuts: Number(values.cuts) });
  console.log(JSON.stringify({ part: 'vm', seed: Number(values.seed), ...tally }));
}
