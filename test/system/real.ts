import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Account } from './account.js';
import type { FileKind } from './workload.js';

/** What a victim told before its end, beside what went into the account. */
export interface Told {
  /** Codes of refusals. */
  readonly errors: readonly string[];
  readonly closed: boolean;
}

/** How a victim is run. */
export interface VictimOptions {
  /** A command that it is run by. */
  readonly wrapper?: readonly string[];
  readonly rounds?: number;
  /** Called for every line that it writes, while it goes on. */
  readonly onLine?: (line: string, pid: number) => void;
}

const VICTIM = fileURLToPath(new URL('./victim.js', import.meta.url));
const TIME_LIMIT_MS = 60_000;
let runs = 0;

/** Runs victim.ts to its end, which it must come to by itself, with nothing but errors of varve. */
export async function runVictim(
  path: string,
  medium: FileKind,
  account: Account,
  { wrapper = [], rounds = 10, onLine = () => {} }: VictimOptions = {},
): Promise<Told> {
  runs += 1;
  const [command = '', ...args] = [
    ...wrapper,
    process.execPath,
    VICTIM,
    path,
    medium,
    `${runs}`,
    `${rounds}`,
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: TIME_LIMIT_MS });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const line of parts) {
      lines.push(line);
      account.note(line);
      onLine(line, child.pid ?? 0);
    }
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaint += chunk;
  });
  const [status, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.deepEqual([status, signal], [0, null], `the victim died: ${complaint}`);
  const errors = lines.filter((line) => line.startsWith('error ')).map((line) => line.slice(6));
  for (const error of errors) assert.match(error, /^VARVE_/);
  return { errors, closed: lines.includes('closed') };
}
