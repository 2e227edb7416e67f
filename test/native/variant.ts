import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root: from build/test/native/ it is three levels up. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The C compiler that the addon is built with. */
export const COMPILER = process.env['CC'] || 'cc';

/** Why there is no compiler for the addon here; undefined if there is one. */
export function compilerProblem(): string | undefined {
  if (process.platform === 'linux' && spawnSync(COMPILER, ['--version']).status === 0) return undefined;
  return `no C compiler (${COMPILER}) for the addon here`;
}

/** The library that a program without AddressSanitizer needs to load an addon with it; undefined where there is none. */
export function sanitizerLibrary(): string | undefined {
  const { stdout } = spawnSync(COMPILER, ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  const library = stdout?.trim() ?? '';
  return existsSync(library) ? library : undefined;
}

/** Builds a variant of the addon; returns its path. */
export function buildVariant(flag: string, file: string): string {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/build-native.js'), flag], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /warning/, 'the sources compile without a warning');
  assert.ok(existsSync(join(ROOT, file)), stderr);
  return join(ROOT, file);
}

/** Runs a compiled test file over a build of the addon: all of it must pass. Returns the number of its tests. */
export function runOver(addon: string, file: string, environment: NodeJS.ProcessEnv): number {
  const { NODE_TEST_CONTEXT: _, VARVE_NO_ADDON: _off, ...inherited } = process.env;
  const env = { ...inherited, ...environment, VARVE_ADDON: addon };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test-reporter=tap', file], {
    encoding: 'utf8',
    env,
  });
  assert.equal(status, 0, `${file}\n${stdout}\n${stderr}`);
  assert.match(stdout, /^# fail 0$/m, `${file}\n${stdout}`);
  const passed = Number(/^# pass (\d+)$/m.exec(stdout)?.[1]);
  assert.ok(passed > 0, `${file} ran\n${stdout}`);
  return passed;
}

/** What the process needs that loads the build with sanitizers: what is lost at its end is Node's, and no leak. */
export function sanitizedEnvironment(library: string): NodeJS.ProcessEnv {
  return { LD_PRELOAD: library, ASAN_OPTIONS: 'detect_leaks=0' };
}
