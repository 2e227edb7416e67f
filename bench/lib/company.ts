import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Region, Stream } from '../../src/index.js';
import { timed, timedAsync } from './stats.js';
import { Signal, type ThreadOrder } from './thread-orders.js';

/** What threads do together. */
interface Work {
  readonly threads: number;
  readonly mode: 'shared' | 'posting';
  readonly stream: Stream;
  /** Thread i appends to region i, from the first one again when there are fewer. */
  readonly regions: readonly Region[];
  readonly size: number;
  readonly entries: number;
  readonly until: 'committed' | 'persisted';
}

/** Threads that append in rounds; all begin at once, and a round is over when the last one is done. */
export class Company {
  readonly #work: Work;
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  readonly #workers: Worker[];
  #round = 0;
  #prepared = false;

  constructor(work: Work) {
    this.#work = work;
    const handle = work.mode === 'shared' ? work.stream.share() : undefined;
    this.#workers = Array.from({ length: work.threads }, (_, index) => {
      const order: ThreadOrder = {
        mode: work.mode,
        handle,
        region: work.regions[index % work.regions.length]?.id ?? 0,
        size: work.size,
        entries: work.entries,
        until: work.until,
        signal: this.#words.buffer as SharedArrayBuffer,
      };
      return new Worker(new URL('./thread.js', import.meta.url), { workerData: order });
    });
    if (work.mode === 'posting') for (const worker of this.#workers) this.#serve(worker);
  }

  /** Resolves once all threads wait for the first round. */
  async ready(): Promise<void> {
    while (Atomics.load(this.#words, Signal.done) < this.#work.threads) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    this.#prepared = true;
  }

  /** One round; returns nanoseconds. */
  async round(): Promise<number> {
    if (!this.#prepared) await this.ready();
    Atomics.store(this.#words, Signal.done, 0);
    if (this.#work.mode === 'posting') return timedAsync(() => this.#answerAll());
    return timed(() => {
      this.#begin(++this.#round);
      for (let done = 0; done < this.#work.threads; done = Atomics.load(this.#words, Signal.done)) {
        Atomics.wait(this.#words, Signal.done, done);
      }
    });
  }

  /** The threads end. */
  async end(): Promise<void> {
    const ended = this.#workers.map((worker) => once(worker, 'exit'));
    this.#begin(-1);
    await Promise.all(ended);
  }

  #begin(round: number): void {
    Atomics.store(this.#words, Signal.round, round);
    Atomics.notify(this.#words, Signal.round);
  }

  /** The thread that writes for the others is this one. */
  #serve(worker: Worker): void {
    const region = this.#work.regions[0];
    const options = { until: this.#work.until };
    worker.on('message', (data: Uint8Array) => {
      region?.appendSync(data, options);
      worker.postMessage(0);
    });
  }

  async #answerAll(): Promise<void> {
    this.#begin(++this.#round);
    while (Atomics.load(this.#words, Signal.done) < this.#work.threads) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
