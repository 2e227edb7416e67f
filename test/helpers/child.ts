import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** A program of this directory that runs in a process of its own. */
export type Program = 'chores' | 'churner';

/** What a finished child left behind. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The whole lines that it wrote. */
  readonly lines: readonly string[];
}

/** A child in its own process. */
export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** Resolves once the child has written that many lines, or is gone. */
  wrote(lines: number): Promise<void>;
  kill(): void;
  readonly ended: Promise<Ending>;
}

/** Starts a program of this directory. What still runs after the test is killed then; its standard input ends when the test's process does. */
export function start(t: TestContext, program: Program, args: readonly string[]): Child {
  const file = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
  const child = spawn(process.execPath, [file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  const whole = (): string[] => text.split('\n').slice(0, -1);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const ended = once(child, 'close').then(
    ([code, signal]): Ending => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      lines: whole(),
    }),
  );
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    process: child,
    ended,
    kill: () => void child.kill('SIGKILL'),
    wrote: (lines) => waitForLines(child.stdout, ended, () => whole().length >= lines),
  };
}

function waitForLines(output: Readable, ended: Promise<Ending>, enough: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!enough()) return;
      output.off('data', look);
      resolve();
    };
    output.on('data', look);
    void ended.then(() => resolve());
    look();
  });
}
