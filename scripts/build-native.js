// Builds the native addon for this machine, without node-gyp: one call of the C compiler.
//
//   node scripts/build-native.js              prebuilds/<platform>-<arch>/varve.node
//   node scripts/build-native.js --sanitize   build/sanitized/varve.node, with AddressSanitizer and UndefinedBehaviorSanitizer
//   node scripts/build-native.js --portable   build/portable/varve.node, without any instruction or system call that not every machine has
//   node scripts/build-native.js --recorded   build/recorded/varve.node, for crash tests: it keeps what is durable (native/cpu_recorded.c)
//
// CC names the compiler. Nothing is done if the result is newer than all sources. Where it cannot be built one sentence
// says why, and the exit code is 0: varve works without it. The exit code is 1 if the compiler refused the sources.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './run.js';

const FLAGS = ['-std=c11', '-fPIC', '-shared', '-fvisibility=hidden', '-pthread'];
const WARNINGS = ['-Wall', '-Wextra', '-Wshadow', '-Werror=implicit', '-Werror=incompatible-pointer-types'];
// Not -march: what goes beyond the oldest processor is compiled function by function and picked at run time.
const VARIANTS = {
  normal: { file: `prebuilds/${process.platform}-${process.arch}/varve.node`, flags: ['-O2', '-s'] },
  sanitize: {
    file: 'build/sanitized/varve.node',
    flags: [
      '-O1',
      '-g',
      '-fno-omit-frame-pointer',
      '-fsanitize=address,undefined',
      '-fno-sanitize-recover=all',
    ],
  },
  portable: { file: 'build/portable/varve.node', flags: ['-O2', '-DVARVE_PORTABLE'] },
  recorded: {
    file: 'build/recorded/varve.node',
    flags: ['-O2', '-DVARVE_RECORDED', '-Wl,--wrap=os_map,--wrap=os_replace,--wrap=os_unmap'],
  },
};

/** The first compiler that answers, or undefined. */
function findCompiler() {
  const candidates = process.env.CC ? [process.env.CC.trim().split(/\s+/)] : [['cc'], ['gcc'], ['clang']];
  return candidates.find(([program, ...args]) => spawnSync(program, [...args, '--version']).status === 0);
}

/** The directory of node_api.h, or undefined. */
function findHeaders() {
  try {
    return createRequire(import.meta.url)('node-api-headers').include_dir;
  } catch {
    return undefined;
  }
}

function isUpToDate(target, sources) {
  if (!existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  return [...sources, fileURLToPath(import.meta.url)].every((source) => statSync(source).mtimeMs < built);
}

/** Compiles into a temporary name first, so that nobody ever loads half an addon, or has one changed under it. */
function compileAddon(compiler, headers, sources, target, flags) {
  const [program, ...first] = compiler;
  const temporary = `${target}.${process.pid}.tmp`;
  mkdirSync(dirname(target), { recursive: true });
  const args = [...first, ...FLAGS, ...WARNINGS, ...flags, '-isystem', headers, '-o', temporary, ...sources];
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status === 0) renameSync(temporary, target);
  rmSync(temporary, { force: true });
  return status === 0;
}

/** One sentence, and no addon of older sources left behind. */
function goWithout(target, why) {
  rmSync(target, { force: true });
  console.error(
    `build-native: no native addon was built, since ${why}; varve works without it, on the medium "file".`,
  );
}

function build({ file, flags }) {
  const target = join(root, file);
  const native = join(root, 'native');
  const files = readdirSync(native).map((name) => join(native, name));
  if (isUpToDate(target, files)) return true;
  if (process.platform !== 'linux') {
    goWithout(target, `it supports Linux only and this is ${process.platform}`);
    return true;
  }
  const compiler = findCompiler();
  const headers = findHeaders();
  if (compiler === undefined || headers === undefined) {
    goWithout(
      target,
      compiler
        ? 'the package node-api-headers is not installed'
        : 'there is no C compiler (cc, gcc, clang or $CC)',
    );
    return true;
  }
  const sources = files.filter((name) => name.endsWith('.c'));
  if (!compileAddon(compiler, headers, sources, target, flags)) {
    console.error(`build-native: ${compiler.join(' ')} refused the sources in native/, see above`);
    return false;
  }
  console.error(`build-native: built ${relative(root, target)}`);
  return true;
}

const options = {
  sanitize: { type: 'boolean' },
  portable: { type: 'boolean' },
  recorded: { type: 'boolean' },
};
const { values } = parseArgs({ options });
const variant = Object.keys(options).find((name) => values[name]) ?? 'normal';
process.exitCode = build(VARIANTS[variant]) ? 0 : 1;
