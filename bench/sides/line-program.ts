import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** A program that answers each line of its standard input by a line of numbers, and stays alive between them. */
export class LineProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  /** @param environment beside that of this process */
  constructor(file: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    this.#answers = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
    // A program that is gone has said why, and the answer that does not come is the error.
    this.#child.stdin.on('error', () => {});
  }

  /** @throws if the program has ended */
  async ask(line: string): Promise<readonly number[]> {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`no answer to '${line}': the program has ended`);
    return value.split(' ').map(Number);
  }

  /** Its input ends, and so does it. */
  end(): void {
    this.#child.stdin.end();
  }
}
