import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { StreamHandle } from '../../src/index.js';
import type { Random } from '../../src/testing/random.js';
import { ACTORS_OF_RUN } from './history.js';
import { TAPE_BYTES, type WorkerOrder, type WriterOrder } from './orders.js';
import { Tape } from './tape.js';

/** The worker threads of a writing process: they come, work, and some are terminated in the midst of it. */
export class Crew {
  readonly #order: WriterOrder;
  readonly #random: Random;
  readonly #stop = new SharedArrayBuffer(4);
  readonly #tapes = new Map<number, SharedArrayBuffer>();
  readonly #working = new Map<Worker, Promise<unknown>>();
  #actors: number;
  terminated = 0;

  readonly lives = new SharedArrayBuffer(4096);

  constructor(order: WriterOrder, random: Random) {
    this.#order = order;
    this.#random = random;
    this.#actors = order.run * ACTORS_OF_RUN;
  }

  get stopped(): boolean {
    return Atomics.load(new Int32Array(this.#stop), 0) === 1;
  }

  /** Starts the workers on what `stream.share()` returned; resolves once all of them have attached. */
  async start(handle: StreamHandle): Promise<void> {
    await Promise.all(Array.from({ length: this.#order.workers }, () => this.#start(handle)));
  }

  /** Lets them work for the time of the order. */
  async work(handle: StreamHandle): Promise<void> {
    const { time, terminates } = this.#order;
    const end = Date.now() + time;
    while (Date.now() < end) {
      await delay(Math.min(Math.max(1, end - Date.now()), 20 + this.#random(120)));
      if (terminates && Date.now() < end) await this.#replaceOne(handle);
    }
    Atomics.store(new Int32Array(this.#stop), 0, 1);
    await Promise.all(this.#working.values());
  }

  /** Tapes that have no file yet get one. */
  save(): void {
    if (this.#order.dies) return;
    for (const [actor, words] of this.#tapes)
      new Tape(new Float64Array(words)).saveAs(join(this.#order.directory, `tape-${actor}`));
  }

  async #replaceOne(handle: StreamHandle): Promise<void> {
    const workers = [...this.#working.keys()];
    const worker = workers[this.#random(workers.length)];
    if (worker === undefined) return;
    await worker.terminate();
    this.terminated += 1;
    void this.#start(handle);
  }

  /** Resolves once the worker has attached, or is gone. */
  async #start(handle: StreamHandle): Promise<void> {
    const actor = ++this.#actors;
    const words = new SharedArrayBuffer(TAPE_BYTES);
    this.#tapes.set(actor, words);
    const order: WorkerOrder = {
      handle,
      actor,
      seed: this.#random(2 ** 32),
      directory: this.#order.directory,
      words,
      dies: this.#order.dies,
      lives: this.lives,
      stop: this.#stop,
    };
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: order });
    // An error of a worker is one of this process.
    const ended = once(worker, 'exit').then(() => this.#working.delete(worker));
    this.#working.set(worker, ended);
    await Promise.race([once(worker, 'message'), ended]);
  }
}
