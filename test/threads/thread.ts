import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type AppendOptions, type Stream, VarveError, type VarveErrorCode } from '../../src/index.js';

/** What a thread can be asked to do. Regions go by their ids, 0 for the whole stream; slots by what `reserve` returned. */
export interface Acts {
  attach(): { readOnly: boolean; regions: number[] };
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

/** A worker thread that has a stream open. */
export class Thread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers>();
  #requests = 0;

  private constructor(handle: unknown) {
    this.#worker = new Worker(new URL('./program.js', import.meta.url), { workerData: { handle } });
    this.#worker.on('message', (answer: Answer) => this.#take(answer));
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  /** Starts a worker that attaches to the stream. It is terminated after the test, if it still runs. */
  static async attach(t: TestContext, stream: Stream | { handle: unknown }): Promise<Thread> {
    const thread = Thread.start(t, 'handle' in stream ? stream.handle : stream.share());
    await thread.do('attach');
    return thread;
  }

  /** Starts a worker with a handle, that has not attached yet. */
  static start(t: TestContext, handle: unknown): Thread {
    const thread = new Thread(handle);
    t.after(() => thread.terminate());
    return thread;
  }

  /** Asks for something; resolves with what came of it, or rejects with the error that the thread got. */
  do<A extends keyof Acts>(act: A, ...args: Parameters<Acts[A]>): Promise<ReturnType<Acts[A]>> {
    const number = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ number, act, args } satisfies Request);
    });
  }

  /** Ends the thread wherever it is. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
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
