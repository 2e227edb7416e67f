import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sources of the models: from build/test/model/ it is three levels up. */
const SOURCES = fileURLToPath(new URL('../../../test/model', import.meta.url));
/** Bounds a search that goes astray: steps from the beginning, and megabytes. */
const DEPTH_MAX = 1_000_000;
const MEMORY_MAX = 6000;

/** What came of the search through all states of a model. */
export interface Verdict {
  readonly states: number;
  /** What spin has found wrong; undefined if nothing in any state. */
  readonly error: string | undefined;
}

/** A search was not finished. */
export class OutOfTime extends Error {}

/** Why no model can be searched here; undefined if it can. `tcc` compiles a search at once, `cc` a faster one slowly. */
export function searchProblem(compiler: 'tcc' | 'cc'): string | undefined {
  const missing = [
    ['spin', '-V'],
    [compiler, '-v'],
  ].filter(([program = '', argument = '']) => spawnSync(program, [argument]).error !== undefined);
  if (missing.length === 0) return undefined;
  return `no ${missing.map(([program]) => program).join(' and no ')} here (Debian packages spin, tcc, gcc)`;
}

/**
 * Searches a model exhaustively.
 *
 * @param switches names, or names with values, with spaces between them
 * @param directory an empty one, to work in
 * @param seconds how long it may take
 */
export function search(
  name: string,
  switches: string,
  compiler: 'tcc' | 'cc',
  directory: string,
  seconds: number,
): Verdict {
  const run = (program: string, args: readonly string[]): string => {
    const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
      cwd: directory,
      encoding: 'utf8',
      timeout: seconds * 1000,
    });
    if (status === 0) return stdout;
    if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT')
      throw new OutOfTime(`${name} ${switches}`);
    throw new Error(`${name} ${switches}: ${program}: ${error ?? signal ?? status}\n${stdout}\n${stderr}`);
  };
  const defined = switches.split(' ').filter((word) => word !== '');
  run('spin', ['-a', ...defined.map((word) => `-D${word}`), join(SOURCES, `${name}.pml`)]);
  const optimized = compiler === 'cc' ? ['-O2'] : [];
  run(compiler, [
    '-w',
    ...optimized,
    '-DSAFETY',
    '-DNOFAIR',
    '-DCOLLAPSE',
    `-DMEMLIM=${MEMORY_MAX}`,
    '-o',
    'pan',
    'pan.c',
  ]);
  return verdictOf(run('./pan', [`-m${DEPTH_MAX}`, '-w22']), `${name} ${switches}`);
}

function verdictOf(said: string, what: string): Verdict {
  const errors = Number(/errors: (\d+)/.exec(said)?.[1]);
  const states = Number(/(\d+) states, stored/.exec(said)?.[1]);
  if (
    Number.isNaN(errors) ||
    Number.isNaN(states) ||
    /max search depth too small|out of memory|Search not completed.*\n.*memory/.test(said)
  )
    throw new Error(`${what}: the search was cut short\n${said}`);
  return { states, error: errors === 0 ? undefined : (/^pan:\d+: (.*)$/m.exec(said)?.[1] ?? said) };
}
