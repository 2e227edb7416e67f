import { rangeError, typeError, VarveError } from '../base/errors.js';
import { Head } from '../core/log/head.js';
import type { ChangeFor, Journal } from '../core/log/journal.js';
import type { LogCore } from '../core/log/log-core.js';
import { LogWalker } from '../core/log/log-walker.js';
import type { RegionLog } from '../core/region-log.js';
import type { StreamCore } from '../core/stream-core.js';
import { type ConsumerOptions, type LogPlace, positionAt } from './consumer-options.js';
import { Entry } from './entry.js';
import { gapOption } from './log-reading.js';
import { signalOption, timestampOption } from './options.js';
import type { PositionKeeper } from './position-keepers.js';
import type { Region } from './region.js';
import { assertOf } from './transaction-shares.js';

/** What a consumer belongs to. @internal */
export interface ConsumerHome {
  readonly log: LogCore;
  readonly regionOf: (region: RegionLog) => Region;
  /** Called once it is closed. */
  readonly closed: () => void;
}

/**
 * A reader of a log with a name and a durable position. It sees each entry at least once: after a crash, or when it is opened again, those again
 * that it has not acknowledged. Made by `log.consumer`.
 *
 * @example
 * const consumer = await log.consumer('billing');
 * for await (const entry of consumer) {
 *   await bill(entry.json());
 *   await consumer.ack(entry);
 * }
 */
export class Consumer implements AsyncIterable<Entry> {
  readonly name: string;
  readonly #home: ConsumerHome;
  readonly #keeper: PositionKeeper;
  readonly #onGap: ReturnType<typeof gapOption>;
  readonly #end = new AbortController();
  readonly #unlisten: () => void;
  #walker: LogWalker | undefined;
  #meter: Meter;
  /** Counts the loops, of which the latest one goes on. */
  #loops = 0;
  /** Newest timestamp that was handed out. */
  #seen = 0;
  #closed = false;
  #released = false;
  #pending: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(home: ConsumerHome, name: string, keeper: PositionKeeper, options: ConsumerOptions) {
    this.name = name;
    this.#home = home;
    this.#keeper = keeper;
    this.#onGap = gapOption(options.onGap, home.log.name);
    this.#meter = new Meter(home.log);
    const signal = signalOption(options.signal);
    const abort = () => this.#end.abort();
    if (signal?.aborted === true) abort();
    signal?.addEventListener('abort', abort, { once: true });
    this.#unlisten = () => signal?.removeEventListener('abort', abort);
  }

  /**
   * Timestamp up to which everything is acknowledged; 0 if nothing is. What `ack` has not resolved for may be lost in a crash.
   *
   * @throws VARVE_NOT_FOUND if the consumer was removed
   */
  get position(): number {
    return this.#keeper.position;
  }

  /** True if nothing that it has not acknowledged is trimmed. Throws as `position`. */
  get protect(): boolean {
    return this.#keeper.protect;
  }

  /**
   * The number of entries that are not acknowledged yet.
   *
   * @throws VARVE_CLOSED, VARVE_REGION_FREED if the log was freed, VARVE_CORRUPT, and as `position`
   */
  get lag(): number {
    return this.#meter.behind(this.position).entries;
  }

  /** The bytes that those take in their segments, with what stands around each. Throws as `lag`. */
  get lagBytes(): number {
    return this.#meter.behind(this.position).bytes;
  }

  /**
   * Visits the entries behind the position, and waits for further ones. `break`, `close` and the signal end it quietly; another loop begins behind the
   * position again, and ends this one.
   *
   * @throws at a step: VARVE_TRIMMED where entries were trimmed that it has not come to, unless `onGap` says something else: `ack(error.gap.to)` or
   * `seek` go on behind the gap; VARVE_CORRUPT, VARVE_NOT_FOUND if the consumer was removed, VARVE_REGION_FREED if the log was freed, VARVE_CLOSED
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Entry, void, void> {
    const loop = ++this.#loops;
    const { signal } = this.#end;
    this.#assertOpen();
    this.#walker = undefined;
    while (!signal.aborted && loop === this.#loops) {
      const entry = this.#next();
      if (entry === undefined) await this.#home.log.core.news(signal);
      else yield entry;
    }
  }

  /**
   * Acknowledges everything up to an entry, or a timestamp. An older one than the position changes nothing. It takes what an append takes, and
   * is made durable together with the appends and acknowledgements made at the same time.
   *
   * @returns a promise that resolves once it is durable
   * @throws VARVE_NOT_FOUND if the consumer was removed, VARVE_CLOSED, VARVE_POISONED, VARVE_IO; TypeError or RangeError if it is no entry of this
   * log, or a timestamp that is yet to come
   */
  async ack(upTo: Entry | number): Promise<void> {
    await this.#keep(this.#keeper.move(this.#acked(upTo), false));
  }

  /** As `ack`, blocking. */
  ackSync(upTo: Entry | number): void {
    this.#keeper.moveSync(this.#acked(upTo), false);
  }

  /** @internal What a transaction has to do to acknowledge. */
  acknowledgement(core: StreamCore, upTo: Entry | number): { journal: Journal; changeFor: ChangeFor } {
    assertOf(this.#home.log.core, core);
    const timestamp = this.#acked(upTo);
    const { journal } = this.#keeper;
    if (journal !== undefined) return { journal, changeFor: this.#keeper.movedTo(timestamp) };
    throw new VarveError(
      'VARVE_READ_ONLY',
      `Cannot acknowledge for the consumer '${this.name}' in a transaction as its position is kept in a file`,
    );
  }

  /**
   * Moves the position, forwards or backwards, durably; a loop goes on there. What lies before it counts as acknowledged, what lies behind it does not:
   * so an entry that was handed out before a seek backwards is not to be acknowledged after it.
   *
   * @throws as `ack`
   */
  async seek(to: LogPlace): Promise<void> {
    this.#assertOpen();
    const moved = this.#keeper.move(positionAt(this.#home.log, to), true);
    this.#walker = undefined;
    await this.#keep(moved);
  }

  /** As `seek`, blocking. */
  seekSync(to: LogPlace): void {
    this.#assertOpen();
    this.#keeper.moveSync(positionAt(this.#home.log, to), true);
    this.#walker = undefined;
  }

  /** Ends its loops and lets others open it, once everything acknowledged is durable. A second close does nothing. */
  async close(): Promise<void> {
    this.#end.abort();
    await this.#pending.catch(() => {});
    this.closeSync();
  }

  /** As `close`, without waiting for acknowledgements that are under way. */
  closeSync(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end.abort();
    this.#unlisten();
    this.release();
    this.#home.closed();
  }

  /** @internal The stream is closed. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#keeper.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  [Symbol.dispose](): void {
    this.closeSync();
  }

  #next(): Entry | undefined {
    const { log, regionOf } = this.#home;
    this.#walker ??= new LogWalker(log, this.position + 1, false, this.#onGap);
    const at = this.#walker.next();
    if (at === undefined) return undefined;
    const entry = regionOf(at.region).entryAt(at);
    this.#seen = Math.max(this.#seen, entry.timestamp);
    return entry;
  }

  #acked(upTo: Entry | number): number {
    this.#assertOpen();
    const timestamp = upTo instanceof Entry ? this.#timestampOf(upTo) : timestampOption(upTo, 'a timestamp');
    const { log } = this.#home;
    if (timestamp > this.#seen) {
      log.follow();
      if (timestamp > Math.max(log.last, log.trimmedBelow - 1)) {
        throw rangeError(
          `Cannot acknowledge up to ${timestamp} as the last entry of the log '${log.name}' has timestamp ${log.last}`,
        );
      }
    }
    return timestamp;
  }

  #timestampOf({ timestamp, region }: Entry): number {
    const { name } = this.#home.log;
    if (region.log === name) return timestamp;
    throw typeError(`Cannot acknowledge an entry of region ${region.id} as it is none of the log '${name}'`);
  }

  /** Closing waits for it. */
  #keep(moved: Promise<void>): Promise<void> {
    this.#pending = moved;
    return moved;
  }

  #assertOpen(): void {
    this.#home.log.assertThere();
    if (!this.#closed) return;
    throw new VarveError('VARVE_CLOSED', `The consumer '${this.name}' was closed: open it again`);
  }
}

/** Tells how much lies behind a position. It remembers where it was, so that asking again and again takes little. */
export class Meter {
  readonly #log: LogCore;
  #head: Head | undefined;
  #from = 0;

  constructor(log: LogCore) {
    this.#log = log;
  }

  behind(position: number): { entries: number; bytes: number } {
    const log = this.#log;
    log.follow();
    log.chain.end?.region.catchUp();
    const from = Math.max(position + 1, log.trimmedBelow);
    if (from < this.#from) this.#head = undefined;
    this.#from = from;
    this.#head ??= new Head(log.chain);
    if (!this.#head.seek(from)) return { entries: 0, bytes: 0 };
    return { entries: this.#head.entriesLeft, bytes: this.#head.bytesLeft };
  }
}
