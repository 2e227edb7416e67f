import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BENCH_ROOT } from '../lib/paths.js';

/** A program of bench/c that was compiled here, or why there is none. */
export type Compiled = { readonly file: string } | { readonly problem: string };

const FLAGS = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror=implicit'];

/**
 * Compiles a program of bench/c, unless it is there and newer than all that is in that directory.
 *
 * @param libraries to be linked
 */
export function compileC(name: string, libraries: readonly string[] = []): Compiled {
  const sources = join(BENCH_ROOT, 'c');
  const directory = join(BENCH_ROOT, '../build/bench/c');
  const file = join(directory, name);
  const newest = Math.max(...readdirSync(sources).map((each) => statSync(join(sources, each)).mtimeMs));
  if (existsSync(file) && statSync(file).mtimeMs > newest) return { file };
  mkdirSync(directory, { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const linked = libraries.map((library) => `-l${library}`);
  const { status, error, stderr } = spawnSync(
    'cc',
    [...FLAGS, '-o', temporary, join(sources, `${name}.c`), ...linked],
    {
      encoding: 'utf8',
    },
  );
  if (error !== undefined) return { problem: 'there is no C compiler (cc)' };
  if (status !== 0) return { problem: `cc refused bench/c/${name}.c: ${firstError(stderr)}` };
  renameSync(temporary, file);
  return { file };
}

function firstError(stderr: string): string {
  return stderr.split('\n').find((line) => line.includes('error')) ?? stderr.trim();
}

/** What C programs are compiled and linked with. */
export function compilerVersion(): Readonly<Record<string, string>> {
  return {
    'C compiler': output('cc', ['--version']) ?? 'none, hence the floors in C are left out',
    libpmemlog: output('pkg-config', ['--modversion', 'libpmemlog']) ?? 'not installed, hence left out',
  };
}

function output(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0]?.trim() : undefined;
}
