import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH_ROOT } from '../lib/paths.js';
import { IDENTITY, PREDICTABLE, runWorker } from './run-worker.js';
import { WORKS } from './works.js';

/** V8 writes code into memory all the time: valgrind has to look whether what it translated is still there. */
const CALLGRIND = ['valgrind', '--tool=callgrind', '--smc-check=all-non-file', '--instr-atstart=no'];

/** The addon that tells callgrind where to begin, and why it cannot be had. */
export type Marks = { readonly file: string } | { readonly problem: string };

/** Compiles it, unless it is there and newer than its source. */
export function compileMarks(): Marks {
  if (spawnSync('valgrind', ['--version']).status !== 0) return { problem: 'there is no valgrind' };
  const source = join(BENCH_ROOT, 'check/marks.c');
  const directory = join(BENCH_ROOT, '../build/bench/check');
  const file = join(directory, 'marks.node');
  if (existsSync(file) && statSync(file).mtimeMs > statSync(source).mtimeMs) return { file };
  mkdirSync(directory, { recursive: true });
  const headers = createRequire(import.meta.url)('node-api-headers') as { include_dir: string };
  const flags = ['-O2', '-fPIC', '-shared', '-isystem', headers.include_dir, '-o', file, source];
  const { status, error, stderr } = spawnSync('cc', flags, { encoding: 'utf8' });
  if (error !== undefined) return { problem: 'there is no C compiler (cc)' };
  return status === 0 ? { file } : { problem: `cc refused bench/check/marks.c: ${stderr.split('\n')[0]}` };
}

/** What callgrind wrote about one round. */
export interface Dump {
  readonly text: string;
  readonly operations: number;
}

/**
 * Counts every instruction of a work's rounds.
 *
 * @param detailed with where each of them stands; the second result then says what V8 put where
 */
export async function dumpsOf(
  name: string,
  marks: string,
  detailed = false,
): Promise<{ dumps: Dump[]; code: string }> {
  const work = WORKS[name];
  if (work === undefined)
    throw new Error(`there is no work '${name}'; there are ${Object.keys(WORKS).join('; ')}`);
  const directory = mkdtempSync(join(tmpdir(), 'varve-callgrind-'));
  const out = join(directory, 'out');
  try {
    const { result: pid } = await runWorker({
      worker: 'worker',
      arguments: ['instructions', name],
      kind: work.kind,
      before: [
        ...CALLGRIND,
        `--callgrind-out-file=${out}`,
        ...(detailed ? ['--dump-instr=yes', '--compress-pos=no'] : []),
      ],
      flags: detailed ? [...PREDICTABLE, '--perf-basic-prof'] : PREDICTABLE,
      env: { VARVE_CHECK_MARKS: marks, VARVE_CHECK_IDENTITY: `${IDENTITY}` },
    });
    const files = readdirSync(directory);
    // The one without a number is written at the end of the process, about nothing.
    const dumps = files.filter((file) => /^out\.\d+$/.test(file)).sort();
    return {
      dumps: dumps.map((file) => ({
        text: readFileSync(join(directory, file), 'utf8'),
        operations: work.operations,
      })),
      code: detailed ? takeMap(Number(pid)) : '',
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** V8 writes it where perf looks for it. */
function takeMap(pid: number): string {
  const file = `/tmp/perf-${pid}.map`;
  const map = readFileSync(file, 'utf8');
  rmSync(file);
  return map;
}

/** Instructions of an operation: those of the round with the fewest, as V8 does some of its own work now and then. */
export async function instructionsOf(name: string, marks: string): Promise<number> {
  const { dumps } = await dumpsOf(name, marks);
  return Math.min(...dumps.map(({ text, operations }) => totalOf(text) / operations));
}

/** The sum that stands at the end of a dump. */
export function totalOf(dump: string): number {
  const total = /^totals: (\d+)$/m.exec(dump)?.[1];
  if (total === undefined) throw new Error('valgrind wrote no sum');
  return Number(total);
}
