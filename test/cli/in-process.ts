import { Readable, Writable } from 'node:stream';
import { report } from '../../src/cli/failure.js';
import { buildProgram } from '../../src/cli/program.js';
import type { Outcome } from './varve.js';

/** How much of its input a command gets at a time: as much as a pipe holds. */
const PIECE = 64 * 1024;

/** Commands are run one after the other: they share the process's standard streams. */
let running: Promise<unknown> = Promise.resolve();

/**
 * Runs the command line as main.ts does, but in this process, which saves starting one; standard input, output and error are others meanwhile.
 *
 * @param input what stands in standard input
 */
export function runInProcess(input: Uint8Array, args: readonly string[]): Promise<Outcome> {
  const outcome = running.then(() => run(input, args));
  running = outcome.catch(() => {});
  return outcome;
}

async function run(input: Uint8Array, args: readonly string[]): Promise<Outcome> {
  const stdout = new Gathered();
  const stderr = new Gathered();
  const before = standing();
  stand({ stdin: Readable.from(pieces(input), { objectMode: false }), stdout, stderr });
  try {
    const code = await buildProgram()
      .parseAsync([...args], { from: 'user' })
      .then(() => 0, report);
    return { code, stdout: stdout.bytes, stderr: stderr.bytes.toString() };
  } finally {
    Object.defineProperties(process, before);
  }
}

/** Keeps copies of what is written. */
class Gathered extends Writable {
  readonly #chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(Buffer.from(chunk));
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.slice(from, from + PIECE);
}

const STREAMS = ['stdin', 'stdout', 'stderr'] as const;

function standing(): PropertyDescriptorMap {
  const own = STREAMS.map((name) => [name, Object.getOwnPropertyDescriptor(process, name) ?? {}]);
  return Object.fromEntries(own);
}

function stand(streams: Record<(typeof STREAMS)[number], unknown>): void {
  for (const [name, value] of Object.entries(streams)) {
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => value });
  }
}
