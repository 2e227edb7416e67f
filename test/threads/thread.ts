import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type AppendOptions, type Stream, VarveError, type VarveErrorCode } from '../../src/index.js';

/** What a thread can be asked to do. Regions go by their ids, 0 for the whole stream; slots by what `reserve` returned. */
export interface Acts {
  attach(handle: unknown): { readOnly: boolean; regions: number[] };
  /** Closes the stream, and forgets everything. */
  leave(): void;
  append(region: number, text: string, options?: AppendOptions): number;
  /** Begins an append, and tells so; what comes of it is asked for by the number returned. */
  begin(region: number, text: string): number;
  outcome(append: number): number;
  appendSync(region: number, text: string, options?: AppendOptions): number;
  /** One after the other; returns the timestamps. */
  appendMany(region: number, count: number, text: string, until: 'committed' | 'persisted'): number[];
  /** All at once. */
  appendAll(region: number, count: number, text: string): number[];
  appendEmpty(region: number, count: number): number;
  /** Until the thread is terminated; clears the region when it is full. */
  appendForEver(region: number, text: string): void;
  /** An entry with that text in each of the regions, together; returns the timestamps. */
  transact(regions: number[], text: string, until?: 'committed' | 'persisted'): number[];
  transactSync(regions: number[], text: string, until?: 'committed' | 'persisted'): number[];
  /** Until the thread is terminated or a region is full, with rising numbers in the texts. */
  transactForEver(regions: number[], text: string): void;
  /** Looks so often at how many entries each region has, in turn forwards and backwards: never less than a moment before. Returns the most it saw. */
  compareCounts(regions: number[], looks: number): number;
  /** Stops for ever in the midst of what it does later: at the nth call of a method. The first word of `arrived` is 1 then. */
  stopAt(place: StopPlace, nth: number, arrived: SharedArrayBuffer): void;
  reserve(region: number, text: string): number;
  publish(slot: number): number;
  cancel(slot: number): void;
  texts(region: number): string[];
  follow(region: number, count: number): string[];
  /** Takes hold of the region's first entry. */
  keepReading(region: number): void;
  readKept(): string;
  allocate(name: string): number;
  allocateSize(size: string): number;
  /** Until the thread is terminated, or the stream is full. */
  allocateForEver(size: number, text: string): void;
  size(): number;
  named(name: string): number;
  clear(region: number): void;
  free(region: number): void;
  clock(): [committed: number, persisted: number];
  whenPersisted(timestamp: number): number;
  persist(): void;
  share(): unknown;
  close(): void;
}

/** A method that is called in the midst of a commit. */
export type StopPlace =
  | 'SharedLock.acquire'
  | 'SharedLock.release'
  | 'TransactionRecord.note'
  | 'TransactionRecord.carryOut'
  | 'TransactionRecord.finish'
  | 'CommitRecord.advance'
  | 'FileAppendExtent.put'
  | 'FileMedium.poke';

export interface Request {
  number: number;
  act: keyof Acts;
  args: unknown[];
}

export interface Answer {
  number: number;
  value?: unknown;
  error?: { code: string; message: string };
}

/** Workers that a test has no more use for, and that the next one may have: starting one costs more than most tests do with it. */
const idle: Worker[] = [];

/** A worker thread that has a stream open. */
export class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers>();
  #requests = 0;
  /** True if nobody else may have the worker: it was ended, or is not what it was. */
  #spent = false;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.ref();
    worker.on('message', (answer: Answer) => this.#take(answer));
    worker.on('exit', () => {
      this.#spent = true;
    });
    worker.on('error', (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  /** A worker that attaches to the stream. After the test it is there for another one, or is terminated if it still does something. */
  static async attach(t: TestContext, stream: Stream | { handle: unknown }): Promise<Thread> {
    const thread = Thread.start(t);
    await thread.do('attach', 'handle' in stream ? stream.handle : stream.share());
    return thread;
  }

  /** A worker that has not attached yet. */
  static start(t: TestContext): Thread {
    const thread = new Thread(idle.pop() ?? new Worker(new URL('./program.js', import.meta.url)));
    t.after(() => thread.#release());
    return thread;
  }

  /** Asks for something; resolves with what came of it, or rejects with the error that the thread got. */
  do<A extends keyof Acts>(act: A, ...args: Parameters<Acts[A]>): Promise<ReturnType<Acts[A]>> {
    const number = ++this.#requests;
    if (act === 'stopAt') this.#spent = true;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ number, act, args } satisfies Request);
    });
  }

  /** Ends the thread wherever it is. */
  async terminate(): Promise<void> {
    this.#spent = true;
    await this.#worker.terminate();
  }

  async #release(): Promise<void> {
    if (this.#spent || this.#waiting.size > 0 || !(await this.#isLeft())) {
      await this.terminate();
      return;
    }
    for (const event of ['message', 'error', 'exit']) this.#worker.removeAllListeners(event);
    this.#worker.unref();
    idle.push(this.#worker);
  }

  /** False if the worker cannot let go of its stream, such as one that is poisoned. */
  #isLeft(): Promise<boolean> {
    return this.do('leave').then(
      () => true,
      () => false,
    );
  }

  /** Resolves once the thread has ended. */
  get ended(): Promise<unknown> {
    return once(this.#worker, 'exit');
  }

  #take({ number, value, error }: Answer): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new VarveError(error.code as VarveErrorCode, error.message));
  }
}

interface PromiseWithResolvers {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}
