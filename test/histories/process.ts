import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Milliseconds that anything may take before it counts as hung. */
const PATIENCE = 30_000;

/** A process of a scene. */
export class Actor {
  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  #text = '';
  #errors = '';

  /** @param addon false: it goes without the addon */
  constructor(program: 'writer' | 'reader', order: object, addon: boolean) {
    const file = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
    this.#name = program;
    this.#child = spawn(process.execPath, ['--enable-source-maps', file, JSON.stringify(order)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...(addon ? {} : { VARVE_NO_ADDON: '1' }) },
    });
    this.#child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk;
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk;
    });
    this.#child.stdin.on('error', () => {});
    this.#ended = once(this.#child, 'close');
  }

  /** What it has written to its standard output. */
  get text(): string {
    return this.#text;
  }

  /** Resolves once it has said that. Throws if it ends before, or takes too long. */
  async said(word: string): Promise<void> {
    await this.#within(async () => {
      while (!this.#text.includes(`${word}\n`) && this.#runs) {
        await Promise.race([this.#ended, once(this.#child.stdout, 'data')]);
      }
    });
    if (!this.#text.includes(`${word}\n`)) throw new Error(this.#ending());
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Resolves once it has ended by itself, well. */
  async finished(): Promise<void> {
    await this.#within(() => this.#ended);
    if (this.#child.exitCode !== 0) throw new Error(this.#ending());
  }

  /** Kills it. Throws if it had ended by itself before. */
  async kill(): Promise<void> {
    if (!this.#runs) throw new Error(this.#ending());
    await this.end();
  }

  /** It is gone afterwards, in any case. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  get #runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  #ending(): string {
    const { exitCode, signalCode } = this.#child;
    return `the ${this.#name} ended by itself (${exitCode ?? signalCode}): ${this.#errors}`;
  }

  async #within(happens: () => Promise<unknown>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_resolve, reject) => {
      timer = setTimeout(
        () =>
          reject(
            new Error(`the ${this.#name} hangs: nothing for ${PATIENCE / 1000} s; it said: ${this.#errors}`),
          ),
        PATIENCE,
      );
    });
    try {
      await Promise.race([happens(), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
