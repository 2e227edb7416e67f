import { typeError } from '../base/errors.js';
import type { CheckReport } from '../core/check.js';
import type { RegionLog } from '../core/region-log.js';
import type { StreamCore } from '../core/stream-core.js';
import type { MediumKind } from '../media/medium.js';
import { type AllocateOptions, allocation } from './allocation.js';
import { type CheckOptions, checkCore, checkTarget } from './checking.js';
import type { Entry } from './entry.js';
import { followStream, streamEntries } from './iterate.js';
import type { Log } from './log.js';
import type { LogOptions } from './log-options.js';
import { Logs } from './logs.js';
import type { OpenOptions, StreamOptions, Target } from './open-options.js';
import { openTarget, openTargetSync } from './opening.js';
import {
  assertOptions,
  type EntriesOptions,
  type PublishOptions,
  type TailOptions,
  timestampOption,
} from './options.js';
import { Region } from './region.js';
import { Salvage } from './salvage.js';
import { attachStream, type StreamHandle, shareStream } from './sharing.js';
import { runTransaction, runTransactionSync, type Transaction } from './transaction.js';

/**
 * A medium laid out as independent logs, its regions, with one order of timestamps over all of them.
 *
 * @example
 * await using stream = await Stream.open('orders.varve', { size: '64MiB' });
 * const region = stream.region('orders') ?? (await stream.allocate('16MiB', { name: 'orders' }));
 * await region.append('first');
 */
export class Stream {
  readonly #core: StreamCore;
  readonly #regions = new WeakMap<RegionLog, Region>();
  readonly #logs: Logs;
  #closing: Promise<void> | undefined;

  private constructor(core: StreamCore) {
    this.#core = core;
    this.#logs = new Logs(core, (region) => this.#regionOf(region));
  }

  /**
   * Opens a stream, or creates it.
   *
   * @param target a path, a file: URL, or a medium
   * @param options `size` is needed to create
   * @throws VARVE_NOT_FOUND, VARVE_EXISTS, VARVE_LOCKED, VARVE_MISMATCH, VARVE_NOT_A_STREAM, VARVE_CORRUPT, VARVE_IO,
   * TypeError, RangeError
   */
  static async open(target: Target, options?: StreamOptions): Promise<Stream> {
    return new Stream(await openTarget(target, options));
  }

  /** As `open`, blocking. The signal is looked at only at the beginning. */
  static openSync(target: Target, options?: StreamOptions): Stream {
    return new Stream(openTargetSync(target, options));
  }

  /**
   * Opens the stream read-only and checks it. Damage that keeps it from being opened is in the report, too.
   *
   * @throws VARVE_NOT_FOUND, VARVE_NOT_A_STREAM, VARVE_MISMATCH, VARVE_IO, TypeError; the signal's reason if it is aborted
   */
  static async check(target: Target, options: OpenOptions & CheckOptions = {}): Promise<CheckReport> {
    return checkTarget(() => Stream.open(target, { ...options, mode: 'open', readOnly: true }), options);
  }

  /**
   * Opens a damaged stream to get out of it what is whole, and to learn what is missing. It is only read; no writer should be at work. All
   * of it is looked at before this resolves; `onProgress` is told of the phase 'salvage'.
   *
   * @throws VARVE_CORRUPT if both copies of the header are damaged; VARVE_NOT_FOUND, VARVE_NOT_A_STREAM, VARVE_MISMATCH, VARVE_IO,
   * TypeError; the signal's reason if it is aborted
   */
  static salvage(target: Target, options: OpenOptions = {}): Promise<Salvage> {
    return Salvage.open(target, options);
  }

  /**
   * Takes part in a stream that another thread of this process has open: with full rights, beside all others. Each thread closes what it has
   * attached; the last one closes the stream itself.
   *
   * @param handle what `share` returned, as it came out of a message
   * @throws VARVE_CLOSED if the stream was closed meanwhile, VARVE_BUSY if 63 threads have it open, VARVE_IO, TypeError
   * @example
   * const stream = await Stream.attach(workerData);
   */
  static async attach(handle: StreamHandle): Promise<Stream> {
    return new Stream(attachStream(handle));
  }

  /** As `attach`, at once. */
  static attachSync(handle: StreamHandle): Stream {
    return new Stream(attachStream(handle));
  }

  /**
   * Lets other threads of this process take part in the stream: post what this returns to a worker, which passes it to `Stream.attach`. From
   * then on all threads append by way of shared memory, which costs each a little more than a thread alone pays.
   *
   * @throws VARVE_BUSY if a slot is open, TypeError if the medium serves one thread only, VARVE_IO if it cannot be shared on this machine,
   * VARVE_READ_ONLY (open it again in the other thread), VARVE_CLOSED, VARVE_POISONED
   * @example
   * new Worker(file, { workerData: stream.share() });
   */
  share(): StreamHandle {
    return shareStream(this.#core);
  }

  /**
   * Bytes of the stream, as it is now: it may have grown (`maxSize`). A closed one says what it was last seen to be.
   *
   * @throws VARVE_IO if that cannot be read, in a read-only stream
   */
  get size(): number {
    if (!this.closed) this.#core.others.notice();
    return this.#core.prefix.size;
  }

  /** Bytes that every region's offset and size are multiples of. */
  get blockSize(): number {
    return this.#core.prefix.header.blockSize;
  }

  /**
   * Bytes that a new region could still take, if the stream grows for it as far as its `maxSize` allows. What the disk says to that is seen then.
   *
   * @throws VARVE_CLOSED
   */
  get available(): number {
    this.#core.assertOpen();
    this.#core.others.notice();
    return this.#core.available;
  }

  /** True if nothing can be changed through this object. */
  get readOnly(): boolean {
    return this.#core.readOnly;
  }

  /** What the stream lies on; `granularity` is the number of bytes that become durable together. */
  get medium(): { readonly kind: MediumKind; readonly granularity: number } {
    const { kind, granularity } = this.#core.medium;
    return { kind, granularity };
  }

  /** The newest timestamp that readers see; 0 if there is none. In a read-only stream: that this one has seen, or been told of. */
  get committed(): number {
    return this.#core.others.newestCommitted;
  }

  /**
   * The newest timestamp that survives a crash, together with all before it; 0 if there is none. In a read-only stream it is what
   * the writer of another process says; where that cannot be heard, what the entries and the last checkpoint prove, which is never too much:
   * it may lack the last entries until further ones come, or until the writer has rested for a second.
   */
  get persisted(): number {
    return this.#core.others.newestPersisted;
  }

  /** True from the moment `close` was called. */
  get closed(): boolean {
    return this.#core.closed;
  }

  /**
   * Allocates a region, durably.
   *
   * @param size bytes, or a string such as '16MiB'; rounded up to the block size
   * @throws VARVE_FULL if no free piece is so large and the stream may not, or cannot, grow for it; VARVE_EXISTS if the name is taken, TypeError, RangeError,
   * VARVE_READ_ONLY, VARVE_CLOSED, VARVE_POISONED
   */
  async allocate(size: number | string, options?: AllocateOptions): Promise<Region> {
    const steps = allocation(this.#core, size, options);
    return this.#regionOf(await this.#core.tasks.run(this.#core.guarded(steps)));
  }

  /** As `allocate`, blocking. */
  allocateSync(size: number | string, options?: AllocateOptions): Region {
    const steps = allocation(this.#core, size, options);
    return this.#regionOf(this.#core.tasks.runSync(this.#core.guarded(steps)));
  }

  /**
   * The region with this name or id. A read-only stream finds what the writer of another process has allocated by now.
   *
   * @throws VARVE_CORRUPT if it was not found and the region table is damaged; VARVE_CLOSED, TypeError
   */
  region(nameOrId: string | number): Region | undefined {
    this.#core.assertOpen();
    if (typeof nameOrId !== 'string' && typeof nameOrId !== 'number') {
      throw typeError(`Cannot look for a region by ${typeof nameOrId}: use its name or its id`);
    }
    this.#core.others.notice();
    const log =
      typeof nameOrId === 'string' ? this.#core.names.get(nameOrId) : this.#core.regions.get(nameOrId);
    if (log !== undefined && log.hidden === undefined) return this.#regionOf(log);
    this.#core.assertComplete();
    return undefined;
  }

  /**
   * All regions, in the order of their allocation.
   *
   * @throws at the end VARVE_CORRUPT, if the region table is damaged; VARVE_CLOSED
   */
  *regions(): IterableIterator<Region> {
    this.#core.assertOpen();
    this.#core.others.notice();
    for (const log of this.#core.regions.values()) {
      this.#core.assertOpen();
      if (log.hidden === undefined) yield this.#regionOf(log);
    }
    this.#core.assertComplete();
  }

  /**
   * Opens a log, an endless chain of regions, or creates it. For the same name it is the same object.
   *
   * @param options what is given is kept with the log, and changed by a later opening that gives something else
   * @throws VARVE_FULL if there is no room for its journal, VARVE_NOT_FOUND if there is none and the stream is read-only, VARVE_CORRUPT,
   * TypeError, RangeError, VARVE_CLOSED, VARVE_POISONED
   * @example
   * const log = await stream.log('orders', { segmentSize: '16MiB', retain: { age: '7d' } });
   */
  log(name: string, options?: LogOptions): Promise<Log> {
    return this.#logs.open(name, options);
  }

  /** As `log`, blocking. */
  logSync(name: string, options?: LogOptions): Log {
    return this.#logs.openSync(name, options);
  }

  /**
   * The names of all logs.
   *
   * @throws VARVE_CLOSED
   */
  logs(): string[] {
    return this.#logs.names();
  }

  /**
   * Visits the entries of all regions in the order of their timestamps: everything committed when the iterator gets there. A region
   * that is cleared meanwhile goes on with its new entries, one that is freed drops out. Read-only beside a writer of another process, it ends
   * where it is not certain yet that nothing comes before the next entry; see `tail`.
   *
   * @throws TypeError, RangeError; at a step VARVE_CORRUPT or VARVE_CLOSED
   */
  entries(options?: EntriesOptions): IterableIterator<Entry> {
    this.#core.assertOpen();
    return streamEntries(this.#core, (log) => this.#regionOf(log), options);
  }

  /**
   * Visits the entries of all regions from `from` on, and waits for further ones, also in regions allocated later. `break` and the
   * signal end it quietly. In a read-only stream the writer of another process wakes it; where it cannot, it looks every 20 ms.
   *
   * Timestamps rise, there too: an entry that a reader sees is held back until everything before it can be seen. Where the writer cannot be
   * heard, that is known as soon as no timestamp is missing, or a later entry or a checkpoint proves it: a second after the writer has come
   * to rest at the latest; after a crash that left a gap, when the next writer has opened the stream.
   *
   * @throws as `entries`; VARVE_CLOSED also in the middle of a wait
   */
  tail(options?: TailOptions): AsyncGenerator<Entry, void, void> {
    this.#core.assertOpen();
    return followStream(this.#core, (log) => this.#regionOf(log), options);
  }

  /**
   * Commits several entries together, to one region or many: readers of all threads and processes see all of them or none, and so it is after a
   * crash. If the function throws or rejects, nothing has happened. Nothing is locked while it runs.
   *
   * @param body collects the entries; it may be asynchronous
   * @param options `until: 'committed'` resolves as soon as readers see them; they are made durable soon after, in the background
   * @returns the entries in the order in which they were added, once they are persisted: they have consecutive timestamps
   * @throws what `body` throws; VARVE_FULL, VARVE_CONFLICT, VARVE_READ_ONLY, VARVE_REGION_FREED, VARVE_CLOSED, VARVE_POISONED, VARVE_IO, TypeError;
   * after any of them but the last three none was committed
   * @example
   * await stream.transaction((tx) => {
   *   tx.append(orders, order);
   *   tx.append(stock, change);
   * });
   */
  transaction(body: (transaction: Transaction) => unknown, options?: PublishOptions): Promise<Entry[]> {
    return runTransaction(this.#core, body, options);
  }

  /**
   * As `transaction`, blocking.
   *
   * @throws VARVE_BUSY also, if a slot is open in one of the regions; TypeError if the function returns a promise
   */
  transactionSync(body: (transaction: Transaction) => unknown, options?: PublishOptions): Entry[] {
    return runTransactionSync(this.#core, body, options);
  }

  /**
   * Resolves once readers see all entries up to `timestamp`, be it given out already or not.
   *
   * @throws VARVE_CLOSED, VARVE_POISONED, TypeError, RangeError
   */
  async whenCommitted(timestamp: number): Promise<void> {
    const wanted = timestampOption(timestamp, 'a timestamp');
    const core = this.#core;
    core.assertOpen();
    while (!core.others.sees(wanted)) {
      core.assertSound();
      await core.news();
      core.assertOpen();
    }
  }

  /** As `whenCommitted`, once all entries up to `timestamp` are persisted. */
  async whenPersisted(timestamp: number): Promise<void> {
    const wanted = timestampOption(timestamp, 'a timestamp');
    await this.whenCommitted(wanted);
    if (this.#core.readOnly) await this.#whenToldPersisted(wanted);
    else await this.#core.persister.whenPersisted(wanted);
  }

  /**
   * Persists everything committed so far.
   *
   * @throws VARVE_IO if the medium could not take it, and may on another try; VARVE_POISONED if it never will; VARVE_CLOSED
   */
  async persist(): Promise<void> {
    const core = this.#core;
    core.assertOpen();
    if (!core.readOnly) core.assertWritable();
    core.others.look();
    await core.persister.whenPersisted(core.clock.last);
  }

  /** As `persist`, blocking. */
  persistSync(): void {
    const core = this.#core;
    core.assertOpen();
    if (!core.readOnly) core.assertWritable();
    core.persister.persistSync();
  }

  /**
   * Reads every byte that is meant to mean something, and says what is wrong. It persists what was committed, and changes nothing
   * else.
   *
   * @throws as `persist`; the signal's reason if it is aborted; VARVE_IO if the medium cannot be read
   */
  async check(options: CheckOptions = {}): Promise<CheckReport> {
    assertOptions(options);
    await this.persist();
    this.#core.others.notice();
    this.#core.persister.sealAll();
    return checkCore(this.#core, options);
  }

  /**
   * Persists what was committed and lets go of the medium. Open slots are cancelled. A second close does nothing but wait
   * for the first to end.
   *
   * @throws VARVE_POISONED if not everything could be persisted; it is closed all the same
   */
  close(): Promise<void> {
    if (this.closed) return Promise.resolve(this.#closing).catch(() => {});
    this.#closing = this.#core.tasks.run(this.#core.close());
    return this.#closing;
  }

  /** As `close`, blocking. */
  closeSync(): void {
    if (!this.closed) this.#core.tasks.runSync(this.#core.close());
    else this.#core.tasks.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  /** Beside a writer of another process. */
  async #whenToldPersisted(timestamp: number): Promise<void> {
    const core = this.#core;
    while (core.others.persistedUpTo < timestamp) {
      await core.news();
      core.others.look();
    }
  }

  /** One object for a region, as long as somebody holds it. */
  #regionOf(log: RegionLog): Region {
    let region = this.#regions.get(log);
    if (region === undefined) {
      region = this.#logs.segmentOf(log) ?? new Region(log, this.#core);
      this.#regions.set(log, region);
    }
    return region;
  }
}
