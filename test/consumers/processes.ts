import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ConsumerOptions } from '../../src/index.js';

/** What a reader is asked for. */
export interface Asked {
  readonly act: 'open' | 'take' | 'ack' | 'seek' | 'close' | 'remove' | 'run';
  readonly name: string;
  readonly options?: ConsumerOptions;
  readonly count?: number;
}

/** What it says to that. */
export type Answer = { readonly value: unknown } | { readonly code: string };

/** A process that reads a stream. */
export class Reader {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #ledger: string;

  private constructor(process: ChildProcess, ledger: string) {
    this.#process = process;
    this.#ended = once(process, 'exit');
    this.#ledger = ledger;
  }

  /** Starts one; it ends after the test. */
  static async start(t: TestContext, path: string, rights: 'read' | 'write' = 'read'): Promise<Reader> {
    const file = fileURLToPath(new URL('./reader.js', import.meta.url));
    const ledger = `${path}.ledger`;
    const reader = new Reader(fork(file, [path, ledger, rights], { execArgv: [] }), ledger);
    t.after(() => reader.kill());
    await reader.#message();
    return reader;
  }

  async ask(act: Asked['act'], name: string, more: Omit<Asked, 'act' | 'name'> = {}): Promise<unknown> {
    const answered = this.#message();
    this.#process.send({ act, name, ...more });
    const answer = await answered;
    return 'code' in answer ? answer.code : answer.value;
  }

  /** Has it run until it has acknowledged so many, and kills it. Returns what it saw, and what it has acknowledged. */
  async runUntil(name: string, count: number): Promise<{ saw: number[]; acked: number[] }> {
    let acked = 0;
    const enough = new Promise<void>((resolve) => {
      this.#process.on('message', () => {
        if (++acked === count) resolve();
      });
    });
    writeFileSync(this.#ledger, '');
    this.#process.send({ act: 'run', name });
    await Promise.race([enough, this.#ended]);
    await this.kill();
    const lines = readFileSync(this.#ledger, 'utf8').split('\n');
    const numbers = (what: string) =>
      lines.filter((line) => line.startsWith(what)).map((line) => Number(line.slice(what.length)));
    return { saw: numbers('saw '), acked: numbers('acked ') };
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  async #message(): Promise<Answer> {
    const failed = this.#ended.then(() => {
      throw new Error('the reader has ended');
    });
    const [answer] = (await Promise.race([once(this.#process, 'message'), failed])) as [Answer];
    return answer;
  }
}
