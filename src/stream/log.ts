import { find } from '../core/find.js';
import { type Acts, act, actSync } from '../core/log/acts.js';
import type { LogOptions as KeptOptions } from '../core/log/facts.js';
import type { LogCore } from '../core/log/log-core.js';
import { Producers } from '../core/log/producers.js';
import { remove } from '../core/log/removal.js';
import { trim } from '../core/log/trim.js';
import { truncateAfter } from '../core/log/truncate.js';
import { unlessFreed } from '../core/log/unless-freed.js';
import type { RegionLog } from '../core/region-log.js';
import type { StreamCore } from '../core/stream-core.js';
import { AppendQueue } from './append-queue.js';
import type { Consumer } from './consumer.js';
import type { ConsumerOptions } from './consumer-options.js';
import { type ConsumerInfo, Consumers } from './consumers.js';
import type { Data } from './data.js';
import type { Entry } from './entry.js';
import { LogAppends } from './log-appends.js';
import type { LogAppendOptions, LogEntriesOptions, LogTailOptions, TrimOptions } from './log-options.js';
import { followLog, logEntries } from './log-reading.js';
import { assertOptions, assertReservable, timestampOption } from './options.js';
import { Pipeable } from './pipeable.js';
import { Repeats } from './produced.js';
import type { Region } from './region.js';
import type { Slot } from './slot.js';
import { assertOf, LogShare, type Share } from './transaction-shares.js';

/** How often what is too much is trimmed. Milliseconds. */
const RETENTION_PERIOD = 1000;

/**
 * A log without an end: it is chained from regions of the stream, which come and go as entries are appended and trimmed. Made and found by
 * `stream.log`.
 *
 * @example
 * const log = await stream.log('orders', { segmentSize: '16MiB', retain: { age: '7d' } });
 * await log.append('first');
 * for await (const entry of log.tail()) console.log(entry.time, entry.text());
 */
export class Log extends Pipeable {
  /** Unique among the logs of the stream. */
  readonly name: string;
  /** @internal */
  readonly core: LogCore;
  readonly #regionOf: (region: RegionLog) => Region;
  readonly #consumers: Consumers;
  readonly #producers: Producers;
  readonly #appends: LogAppends;
  readonly #queue = new AppendQueue();
  #timer: NodeJS.Timeout | undefined;
  #retaining = false;

  /** @internal */
  constructor(core: LogCore, regionOf: (region: RegionLog) => Region) {
    super();
    this.name = core.name;
    this.core = core;
    this.#regionOf = regionOf;
    this.#consumers = new Consumers(core, regionOf);
    this.#producers = new Producers(core);
    const repeats = new Repeats(this.#producers, (timestamp) => this.get(timestamp));
    this.#appends = new LogAppends(core, regionOf, this.#queue, repeats);
    core.rolled = () => setImmediate(() => void this.#tend());
    this.optionsChanged();
  }

  /** What the log was opened with, here or elsewhere: sizes in bytes, times in milliseconds. */
  get options(): KeptOptions {
    this.core.follow();
    return this.core.options;
  }

  /**
   * Timestamp of the first entry; 0 if there is none.
   *
   * @throws VARVE_REGION_FREED if the log was freed, VARVE_CLOSED, VARVE_CORRUPT
   */
  get first(): number {
    this.core.follow();
    return this.core.head?.timestamp ?? 0;
  }

  /** Timestamp of the last entry; 0 if there is none. Throws as `first`. */
  get last(): number {
    this.core.follow();
    return this.core.last;
  }

  /** The number of entries. Throws as `first`. */
  get entryCount(): number {
    this.core.follow();
    return this.core.head?.entriesLeft ?? 0;
  }

  /** Bytes that the entries take in their segments, with what stands around each. Throws as `first`. */
  get bytes(): number {
    this.core.follow();
    return this.core.head?.bytesLeft ?? 0;
  }

  /** The regions that the log is chained from, the oldest first. They are the log's to change. */
  *segments(): IterableIterator<Region> {
    this.core.follow();
    for (const { region } of this.core.chain.segments) yield this.#regionOf(region);
  }

  /**
   * Appends one entry. Where it does not fit in the last segment, a further one is allocated, which blocks.
   *
   * @param data any bytes, or text, stored as UTF-8; no bytes at all are an entry too
   * @param options `until` as a region's append; `expectedLast` is that of the log
   * @returns the entry, once it is persisted
   * @throws VARVE_FULL if there is no room in the stream, VARVE_BUSY if a slot reserved before is open, VARVE_CONFLICT, VARVE_READ_ONLY,
   * VARVE_REGION_FREED if the log was freed, VARVE_CLOSED, VARVE_POISONED, VARVE_IO, TypeError
   */
  appendSync(data: Data, options?: LogAppendOptions): Entry {
    return this.#appends.appendSync(data, options);
  }

  /**
   * As `appendSync`, but resolves. Appends that are under way at the same time share one sync; slots open before it are waited for, and room
   * where the log was opened with `whenFull: 'wait'`. The data is copied before this returns.
   */
  append(data: Data, options?: LogAppendOptions): Promise<Entry> {
    return this.#appends.append(data, options);
  }

  /** Appends the parts as one entry, without joining them first. As `appendSync` otherwise. */
  appendvSync(parts: readonly Data[], options?: LogAppendOptions): Entry {
    return this.#appends.appendvSync(parts, options);
  }

  /** As `appendvSync`, but resolves. */
  appendv(parts: readonly Data[], options?: LogAppendOptions): Promise<Entry> {
    return this.#appends.appendv(parts, options);
  }

  /**
   * Reserves a place of up to `size` bytes to be written into directly. Later appends stand behind it, and are committed once it is published
   * or cancelled, also in further segments.
   *
   * @throws VARVE_FULL if there is no room in the stream, TypeError or RangeError if no payload can have that size, and what an append throws
   */
  reserve(size: number): Slot {
    assertReservable(size);
    return this.#appends.reserve(size);
  }

  /** Visits the entries from the first on: everything committed when the iterator gets there. Throws as `entries`. */
  [Symbol.iterator](): IterableIterator<Entry> {
    return this.entries();
  }

  /**
   * Visits entries, all of them in the order of the appends if nothing else is asked for. Where some were trimmed that it has not come to,
   * `onGap` says what happens.
   *
   * @throws TypeError, RangeError; at a step: VARVE_TRIMMED, VARVE_CORRUPT where an entry is damaged, VARVE_REGION_FREED if the log was freed,
   * VARVE_CLOSED
   */
  entries(options?: LogEntriesOptions): IterableIterator<Entry> {
    return logEntries(this.core, this.#regionOf, options);
  }

  /**
   * Visits entries, and waits for further ones. `break` and the signal end it quietly.
   *
   * @throws as `entries`; VARVE_CLOSED also in the middle of a wait
   */
  tail(options?: LogTailOptions): AsyncGenerator<Entry, void, void> {
    return followLog(this.core, this.#regionOf, options);
  }

  /**
   * The entry with this timestamp, if it is in this log.
   *
   * @throws TypeError or RangeError if that is no timestamp; VARVE_CORRUPT if an entry on the way is damaged; VARVE_REGION_FREED, VARVE_CLOSED
   */
  get(timestamp: number): Entry | undefined {
    const wanted = timestampOption(timestamp, 'a timestamp');
    this.core.follow();
    return unlessFreed(this.core, () => this.#find(wanted));
  }

  #find(wanted: number): Entry | undefined {
    const segment = this.core.chain.from(wanted);
    if (segment === undefined || wanted < this.core.trimmedBelow) return undefined;
    const place = find(segment.region, wanted);
    if (place === undefined || place.position >= segment.tail) return undefined;
    return this.#regionOf(segment.region).entryIn(place, wanted);
  }

  /**
   * Takes the entries before a timestamp from the beginning of the log, as far as no consumer that is protected still needs them. It has
   * happened, durably, all at once; the segments that hold nothing else are free when it is done.
   *
   * @throws VARVE_READ_ONLY, VARVE_REGION_FREED, VARVE_CLOSED, VARVE_POISONED, TypeError, RangeError
   */
  async trim(options: TrimOptions): Promise<void> {
    await this.#act(trim(this.core, beforeOf(options)));
  }

  /** As `trim`, blocking. */
  trimSync(options: TrimOptions): void {
    this.#actSync(trim(this.core, beforeOf(options)));
  }

  /**
   * Takes all entries behind a timestamp from the end of the log; what is appended next comes behind the one with the timestamp, or the last one
   * before it. It has happened, durably, all at once; where several threads have the stream open, it needs room for a further segment.
   *
   * @throws VARVE_BUSY if a slot is open; VARVE_FULL; and as `trim`
   */
  async truncateAfter(timestamp: number): Promise<void> {
    await this.#act(truncateAfter(this.core, timestampOption(timestamp, 'a timestamp')));
  }

  /** As `truncateAfter`, blocking. */
  truncateAfterSync(timestamp: number): void {
    this.#actSync(truncateAfter(this.core, timestampOption(timestamp, 'a timestamp')));
  }

  /**
   * Opens a consumer: a reader with a name and a durable position, or makes it. A read-only stream keeps the position in a file of its own, in a
   * directory beside the stream, `<path>.consumers`; a stream that is open for writing takes such a position over.
   *
   * @param name 1 to 200 bytes of UTF-8, unique among the consumers of the log
   * @throws VARVE_BUSY if it is open already, in this thread or, as far as a file beside the stream can tell, in another one or another process;
   * VARVE_FULL if the journal of the log has no room for a further consumer; VARVE_READ_ONLY if the stream is read-only and no file;
   * VARVE_REGION_FREED if the log was freed, VARVE_CLOSED, VARVE_POISONED, VARVE_IO, TypeError, RangeError
   * @example
   * await using consumer = await log.consumer('billing', { protect: true });
   */
  consumer(name: string, options?: ConsumerOptions): Promise<Consumer> {
    return this.#consumers.open(name, options);
  }

  /** As `consumer`, blocking. */
  consumerSync(name: string, options?: ConsumerOptions): Consumer {
    return this.#consumers.openSync(name, options);
  }

  /**
   * All consumers, open or not, by their names.
   *
   * @throws VARVE_REGION_FREED if the log was freed, VARVE_CLOSED, VARVE_IO
   */
  consumers(): ConsumerInfo[] {
    return this.#consumers.list();
  }

  /**
   * Removes a consumer, durably; false if there is none.
   *
   * @throws VARVE_BUSY if it is open, VARVE_READ_ONLY if only a writer can remove it, and as `consumer`
   */
  removeConsumer(name: string): Promise<boolean> {
    return this.#consumers.remove(name);
  }

  /** As `removeConsumer`, blocking. */
  removeConsumerSync(name: string): boolean {
    return this.#consumers.removeSync(name);
  }

  /**
   * Gives all of the log's space back, durably. The handle, its iterators and entries then throw `VARVE_REGION_FREED`; a log of the same name
   * can be made anew.
   *
   * @throws VARVE_READ_ONLY, VARVE_REGION_FREED, VARVE_CLOSED, VARVE_POISONED
   */
  async free(): Promise<void> {
    await this.#act(remove(this.core));
    this.#consumers.logFreed();
    this.#retry();
  }

  /** As `free`, blocking. */
  freeSync(): void {
    this.#actSync(remove(this.core));
    this.#consumers.logFreed();
    this.#retry();
  }

  /** @internal What a transaction of that stream does to it. */
  shareIn(core: StreamCore): Share {
    assertOf(this.core.core, core);
    this.core.assertThere();
    return new LogShare(this, this.core, this.#regionOf, this.#queue);
  }

  /** @internal The log was opened with other options, maybe. */
  optionsChanged(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    const { core } = this.core;
    if (core.readOnly || Object.keys(this.core.options.retain).length === 0) return;
    this.#timer = setInterval(() => void this.#retain(), RETENTION_PERIOD).unref();
  }

  #retry(): void {
    if (this.#queue.isBusy) this.#queue.retry();
  }

  /** A further segment was begun. */
  async #tend(): Promise<void> {
    await this.#retain();
    await this.#inBackground(this.#producers.remember());
  }

  /** Trims in the background what is too much. A failure shows where the stream is used next. */
  async #retain(): Promise<void> {
    if (this.#retaining) return;
    this.#retaining = true;
    await this.#inBackground(this.core.retainer.acts());
    this.#retaining = false;
  }

  async #inBackground(acts: Acts): Promise<void> {
    try {
      await this.#act(acts);
    } catch {
      if (this.core.core.closed) clearInterval(this.#timer);
    }
  }

  async #act(acts: Acts): Promise<void> {
    this.core.core.assertWritable();
    await act(this.core, acts);
    this.#retry();
  }

  #actSync(acts: Acts): void {
    this.core.core.assertWritable();
    actSync(this.core, acts);
    this.#retry();
  }
}

function beforeOf(options: TrimOptions): number {
  assertOptions(options);
  return timestampOption(options?.before, 'before');
}
