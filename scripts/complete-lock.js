// Puts back into package-lock.json (that of the root, or of the directory given as an argument) what a registry without the
// binaries of other platforms makes npm leave out: the optional packages that a locked package pins exactly. `npm ci` refuses a
// lock file that lacks them, on every platform. Call it by `npm run lock` or `npm run lock:bench` whenever a dependency changes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './run.js';

const OS = /-(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)\b/;
const CPU = /-(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)\b/;

/** The lock entry of a platform's binary: its version is what its owner pins, its platform what its name says. */
function entryOf(name, version, owner) {
  const [os, cpu] = [OS.exec(name)?.[1], CPU.exec(name)?.[1]];
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(
      `Cannot tell the platform or the version of ${name}@${version}: install where the registry has it`,
    );
  }
  const libc = os === 'linux' && /musl|gnu/.exec(name)?.[0];
  return {
    version,
    cpu: [cpu],
    ...(owner.dev ? { dev: true } : {}),
    ...(libc ? { libc: [libc === 'musl' ? 'musl' : 'glibc'] } : {}),
    optional: true,
    os: [os],
  };
}

const path = join(root, process.argv[2] ?? '.', 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8'));
const added = [];
for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (place in lock.packages) continue;
    lock.packages[place] = entryOf(name, version, owner);
    added.push(name);
  }
}
const places = Object.keys(lock.packages).sort((a, b) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(places.map((place) => [place, lock.packages[place]]));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`lock: ${path}: ${added.length} packages of other platforms put back`);
