import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './variant.js';

const SANITIZE = 'address,undefined';

/**
 * Builds fuzz.c with sanitizers.
 *
 * @param flags what makes it a program: -DVARVE_ALONE, or -fsanitize=fuzzer
 * @returns what the compiler said if it cannot; undefined if it could
 */
export function buildFuzzer(compiler: string, flags: readonly string[], target: string): string | undefined {
  const native = readdirSync(join(ROOT, 'native')).filter((name) => /^(entry|cpu_\w+)\.c$/.test(name));
  const sources = [join(ROOT, 'test/native/fuzz.c'), ...native.map((name) => join(ROOT, 'native', name))];
  const common = ['-std=c11', '-g', '-O1', '-pthread', `-fsanitize=${SANITIZE}`, '-fno-sanitize-recover=all'];
  const { status, stderr, error } = spawnSync(compiler, [...common, ...flags, '-o', target, ...sources], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `${error?.message ?? stderr}`.slice(0, 500);
}

/** Runs it to its end; whatever it finds ends it otherwise. Returns what it printed. */
export function runFuzzer(program: string, args: readonly string[], directory: string): string {
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    cwd: directory,
    maxBuffer: 2 ** 28,
  });
  assert.ok(
    status === 0 && signal === null,
    `${program} ${args.join(' ')}: ${signal ?? status}\n${stderr.slice(-4000)}`,
  );
  return stdout + stderr;
}
