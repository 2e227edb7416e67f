import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Counts } from './counts.js';
import { GROUPS, MARK } from './groups.js';
import { runWorker } from './run-worker.js';

const SYNCS = new Set(['fdatasync', 'fsync', 'msync', 'sync_file_range']);
const WRITES = new Set(['write', 'pwrite64', 'writev', 'pwritev', 'pwritev2']);
/** What is V8's and libuv's own: it depends on how threads meet. */
const NOT_OURS = /epoll|anon_inode|<pipe:|<socket:|MAP_ANONYMOUS|\/proc\/|\/sys\//;

/** Why system calls cannot be counted here; undefined if they can. */
export function straceProblem(): string | undefined {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', 'true']);
  if (error !== undefined) return 'there is no strace';
  return status === 0 ? undefined : 'strace may not look into processes here';
}

/** What the kernel is asked for, for each of the times that a round does it. */
export async function syscallsOf(name: string): Promise<Counts> {
  const group = GROUPS[name];
  if (group === undefined) throw new Error(`there is no group ${name}`);
  const directory = mkdtempSync(join(tmpdir(), 'varve-strace-'));
  const out = join(directory, 'calls');
  try {
    await runWorker({
      worker: 'groups-worker',
      arguments: [name],
      kind: group.kind,
      before: ['strace', '-f', '-y', '-e', 'trace=%desc,%file,msync', '-o', out],
      flags: ['--single-threaded'],
    });
    return countCalls(readFileSync(out, 'utf8'), group.times);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Counts what strace wrote between the marks. */
export function countCalls(log: string, times: number): Counts {
  const lines = log.split('\n');
  const begin = lines.findIndex((line) => line.includes(MARK.begin));
  const end = lines.findIndex((line) => line.includes(MARK.end));
  if (begin === -1 || end === -1) throw new Error('strace saw no mark');
  const counts = { syncs: 0, writes: 0, written: 0, calls: 0 };
  for (const { name, returned } of callsIn(withoutStrangers(lines, begin + 1, end))) {
    if (SYNCS.has(name)) counts.syncs += 1;
    else if (!WRITES.has(name)) counts.calls += 1;
    else {
      counts.writes += 1;
      counts.written += returned;
    }
  }
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / times]));
}

/** Opening looks at what killed processes of others left in the directory of live pages: however much that is here. */
function withoutStrangers(lines: readonly string[], from: number, to: number): readonly string[] {
  const page = (line: string) => /varve-[0-9a-f]{32}[-\w]*/.exec(line)?.[0] ?? '';
  const own = new Set(['', ...lines.filter((line) => line.includes('O_CREAT')).map(page)]);
  return lines.slice(from, to).filter((line) => own.has(page(line)));
}

interface Call {
  readonly name: string;
  readonly returned: number;
}

/** A call that another thread's came in between of is written in two pieces, of which the second has the result. */
function callsIn(lines: readonly string[]): readonly Call[] {
  const begun = new Map<string, string>();
  const calls: Call[] = [];
  for (const line of lines) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(thread, rest);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.test(rest);
    const call = resumed ? `${begun.get(thread) ?? ''}${rest}` : rest;
    const [, name] = /^(\w+)\(/.exec(call) ?? [];
    if (name === undefined || NOT_OURS.test(call)) continue;
    calls.push({ name, returned: Math.max(0, Number(/= (-?\d+)[^=]*$/.exec(call)?.[1] ?? 0)) });
  }
  return calls;
}
