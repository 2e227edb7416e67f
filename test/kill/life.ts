import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const WRITER = fileURLToPath(new URL('./writer.js', import.meta.url));

/** What a writer is told to do. */
export interface Order {
  readonly path: string;
  readonly medium: 'pmem' | 'page-cache' | 'file';
  /** Bytes of the stream, should it have to be created. */
  readonly size: number;
  /** Bytes up to which it may grow. */
  readonly maxSize: number;
  /** Counts the writers of a stream. */
  readonly run: number;
  readonly seed: number;
  /** After some rounds it leaves the stream alone. */
  readonly rests: boolean;
}

/** One process that writes, from its start to its end by SIGKILL. */
export class Life {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  #text = '';
  #errors = '';
  #taken = 0;
  #killed = false;

  constructor(order: Order) {
    this.#child = spawn(process.execPath, [WRITER, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      this.#text += chunk;
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk;
    });
    this.#ended = once(this.#child, 'close');
  }

  /** The whole lines it has told since the last call. */
  take(): string[] {
    const end = this.#text.lastIndexOf('\n') + 1;
    const lines = this.#text.slice(this.#taken, end).split('\n').slice(0, -1);
    this.#taken = Math.max(this.#taken, end);
    return lines;
  }

  /** Everything it has told, for who wants to look into a finding. */
  get text(): string {
    return this.#text;
  }

  /** Whether it has the stream open, as far as it has told. */
  get isOpen(): boolean {
    return this.#text.match(/^(open|clos)(ed|ing)$/gm)?.at(-1) === 'opened';
  }

  /** Resolves once it has told that. Throws if it dies by itself. */
  async told(line: string): Promise<void> {
    await this.#until(() => this.#text.includes(`${line}\n`));
  }

  /** Resolves once it has told so many lines. Throws if it dies by itself. */
  async toldLines(count: number): Promise<void> {
    await this.#until(() => this.#text.split('\n').length > count);
  }

  /** Stops it in the middle of whatever it does. Afterwards everything it has told has been received. */
  async stop(): Promise<void> {
    this.#assertAlive();
    this.#child.kill('SIGSTOP');
    while (!this.#isStopped()) await delay(1);
    for (let turns = 0; turns < 3; turns += 1) await turn();
  }

  /** Lets it go on. */
  resume(): void {
    this.#child.kill('SIGCONT');
  }

  /** Kills it, be it stopped or not. Throws if it had died by itself before. */
  async kill(): Promise<void> {
    this.#assertAlive();
    await this.end();
  }

  /** It is gone afterwards, in any case. */
  async end(): Promise<void> {
    this.#killed = true;
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #until(enough: () => boolean): Promise<void> {
    const gone = this.#ended.then(() => true);
    while (!enough()) {
      if (await Promise.race([gone, once(this.#child.stdout, 'data').then(() => false)])) break;
    }
    this.#assertAlive();
  }

  #isStopped(): boolean {
    this.#assertAlive();
    return /\) [Tt] /.test(readFileSync(`/proc/${this.#child.pid}/stat`, 'latin1'));
  }

  #assertAlive(): void {
    const { exitCode, signalCode } = this.#child;
    if (this.#killed || (exitCode === null && signalCode === null)) return;
    throw new Error(`the writer ended by itself (${exitCode ?? signalCode}): ${this.#errors}`);
  }
}
