import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** How long it may take to see what was appended. Milliseconds. */
const PATIENCE = 30_000;

/** A process that reads beside the writer. */
export class Beside {
  readonly told = { seen: 0, gaps: 0, last: -1, rss: 0 };
  readonly #child: ChildProcess;
  #complaint = '';
  #code: number | null | undefined;

  constructor(path: string, medium: string) {
    const file = fileURLToPath(new URL('./reader.js', import.meta.url));
    this.#child = spawn(process.execPath, ['--enable-source-maps', file, path, medium]);
    const { stdout, stderr } = this.#child;
    if (stdout !== null)
      createInterface(stdout).on('line', (line) => Object.assign(this.told, JSON.parse(line)));
    stderr?.on('data', (text) => {
      this.#complaint += text;
    });
    this.#child.on('exit', (code) => {
      this.#code = code;
    });
  }

  /** @throws Error if it has ended */
  assertThere(): void {
    if (this.#code !== undefined)
      throw new Error(`the reader ended with exit code ${this.#code}: ${this.#complaint}`);
  }

  /** Waits until it has seen the entry with that number, and ends it. */
  async end(number: number): Promise<void> {
    const late = Date.now() + PATIENCE;
    while (this.told.last < number) {
      this.assertThere();
      if (Date.now() > late)
        throw new Error(`the reader stands on entry ${this.told.last} while ${number} is there`);
      await sleep(100);
    }
    this.#child.stdin?.end();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
