import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Stream } from '../../src/index.js';
import { temporaryDirectory } from '../helpers/media.js';
import { runInProcess } from './in-process.js';

/** The compiled command line. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** What the command line left behind. */
export interface Outcome {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Starts the command line in a process of its own. */
export function start(...args: string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...args]);
}

/** Runs the command line to its end, with `input` as its standard input. */
export function feed(input: string | Uint8Array, ...args: string[]): Promise<Outcome> {
  return runInProcess(Buffer.from(input), args);
}

/** The same in a process of its own: where what the process does with its streams, or how it ends, is what is tested. */
export async function feedProcess(input: string | Uint8Array, ...args: string[]): Promise<Outcome> {
  const child = start(...args);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
  // A command that ends before it has read everything closes the pipe: what it says is looked at, not the pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** Runs the command line to its end, without input. */
export async function varve(...args: string[]): Promise<Outcome> {
  return feed('', ...args);
}

/** Runs a command that must succeed; its standard output as text. */
export async function output(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await varve(...args);
  if (code !== 0) throw new Error(`varve ${args.join(' ')} ended with exit code ${code}: ${stderr}`);
  return stdout.toString();
}

/** Runs a command with `--json` that must succeed; what it wrote. */
export async function json(...args: string[]): Promise<unknown> {
  return JSON.parse(await output(...args, '--json'));
}

/** The path of a new stream of 4 MiB with regions of 64 KiB, gone after the test. */
export async function newStream(t: TestContext, ...regions: string[]): Promise<string> {
  const path = join(temporaryDirectory(t), 'stream.varve');
  const stream = await Stream.open(path, { mode: 'create', size: '4MiB' });
  for (const name of regions) await stream.allocate('64KiB', { name });
  await stream.close();
  return path;
}
