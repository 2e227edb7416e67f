import { LogCursor } from '../core/cursor.js';
import { type Place as Found, find } from '../core/find.js';
import type { RegionLog } from '../core/region-log.js';
import { clear, free } from '../core/regions.js';
import { type Place, storeParts } from '../core/reservations.js';
import type { StreamCore } from '../core/stream-core.js';
import { Cursor } from './cursor.js';
import { bytesOf, type Data, partsOf, sizeOf } from './data.js';
import { Entry } from './entry.js';
import { followRegion, regionEntries } from './iterate.js';
import {
  type AppendOptions,
  assertReservable,
  type EntriesOptions,
  persistsBeforeDone,
  type TailOptions,
  timestampOption,
} from './options.js';
import { Pipeable } from './pipeable.js';
import type { Settling } from './settling.js';
import { Slot } from './slot.js';
import { assertOf, RegionShare, type Share } from './transaction-shares.js';

/** An independent log of fixed size inside a stream. Made by `stream.allocate`, found by `stream.region`. */
export class Region extends Pipeable {
  /** Stable, also after reopening; never used again for another region. */
  readonly id: number;
  /** Unique in the stream; undefined if it was given none. */
  readonly name: string | undefined;
  /** Name of the log that it is a part of; undefined for a region of its own. */
  readonly log: string | undefined;
  /** Bytes: those asked for, rounded up to the stream's block size. */
  readonly size: number;
  /** Bytes from the start of the stream to the region. */
  readonly offset: number;
  readonly #log: RegionLog;
  readonly #core: StreamCore;

  /** @internal */
  constructor(log: RegionLog, core: StreamCore) {
    super();
    const { record, name } = log.slot;
    this.id = record.id;
    this.name = name;
    this.log = log.hidden?.log;
    this.size = record.length;
    this.offset = record.offset;
    this.#log = log;
    this.#core = core;
  }

  /**
   * The largest payload that still fits, in bytes; 0 also where not even an empty entry does.
   *
   * @throws VARVE_REGION_FREED, VARVE_CLOSED
   */
  get available(): number {
    this.#assertUsable();
    this.#log.catchUp();
    return this.#log.appender.available;
  }

  /**
   * The number of entries in the region.
   *
   * @throws VARVE_REGION_FREED, VARVE_CLOSED
   */
  get entryCount(): number {
    this.#assertUsable();
    this.#log.catchUp();
    return this.#log.entries;
  }

  /**
   * Appends one entry.
   *
   * @param data any bytes, or text, stored as UTF-8; no bytes at all are an entry too
   * @param options `until: 'committed'` returns as soon as readers see it; it is made durable soon after, in the background
   * @returns the entry, once it is persisted
   * @throws VARVE_FULL if it does not fit, VARVE_BUSY if a slot reserved before is open, VARVE_CONFLICT, VARVE_READ_ONLY,
   * VARVE_REGION_FREED, VARVE_CLOSED, VARVE_POISONED, VARVE_IO, TypeError
   */
  appendSync(data: Data, options?: AppendOptions): Entry {
    const persists = options === undefined || persistsBeforeDone(options);
    const bytes = bytesOf(data);
    if (options !== undefined) this.#expect(options);
    const log = this.#log;
    const { appender } = log;
    const position = appender.append(bytes, persists);
    // Made here, since the compiler takes into one function what is called from here before what that calls.
    const { lastWindow, lastTimestamp } = appender;
    const entry = new Entry(this, lastWindow, position, bytes.length, lastTimestamp, log.life, undefined);
    const { persister } = this.#core;
    if (persists) persister.persistOwn();
    else persister.soon();
    return entry;
  }

  /**
   * As `appendSync`, but resolves. Appends that are under way at the same time share one sync; slots open before it are waited
   * for, so that there is no `VARVE_BUSY`. The data is copied before this returns.
   *
   * @example
   * await Promise.all(lines.map((line) => region.append(line)));
   */
  append(data: Data, options?: AppendOptions): Promise<Entry> {
    // No `async`, and no promise beside the one that is returned: with many appends under way these are most of what one costs.
    try {
      const persists = persistsBeforeDone(options);
      if (this.#log.appender.reservations.none) return this.settled(this.#append(data, options), persists);
      const bytes = bytesOf(data);
      this.#expect(options);
      return this.#appendBehind([bytes], persists);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Appends the parts as one entry, without joining them first. As `appendSync` otherwise.
   *
   * @example
   * region.appendvSync([head, body]);
   */
  appendvSync(parts: readonly Data[], options?: AppendOptions): Entry {
    return this.appendNow(partsOf(parts), options);
  }

  /** As `appendvSync`, but resolves. */
  appendv(parts: readonly Data[], options?: AppendOptions): Promise<Entry> {
    try {
      return this.startAppend(partsOf(parts), options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Reserves a place of up to `size` bytes to be written into directly. Later appends to this region stand behind it, and
   * are committed once it is published or cancelled.
   *
   * @param size bytes, from 0 on
   * @throws VARVE_FULL if there is no room, TypeError or RangeError if no payload can have that size, VARVE_READ_ONLY,
   * VARVE_REGION_FREED, VARVE_CLOSED, VARVE_POISONED
   */
  reserve(size: number): Slot {
    assertReservable(size);
    return new Slot(this, this.#log, this.#core, this.#log.appender.reservations.reserve(size));
  }

  /** Visits the entries in the order in which they were appended: everything committed when the iterator gets there. Throws as `entries`. */
  [Symbol.iterator](): IterableIterator<Entry> {
    return this.entries();
  }

  /**
   * Visits entries, all of them in the order of the appends if nothing else is asked for.
   *
   * @throws TypeError, RangeError; at a step: VARVE_CORRUPT where an entry is damaged, VARVE_REGION_FREED if the region was freed or
   * cleared, VARVE_CLOSED
   */
  entries(options?: EntriesOptions): IterableIterator<Entry> {
    this.#assertUsable();
    return regionEntries(this, this.#log, this.#core, options);
  }

  /**
   * Visits entries from `from` on, and waits for further ones. `break` and the signal end it quietly. In a read-only stream
   * the writer of another process wakes it; where it cannot, it looks every 20 ms.
   *
   * @throws as `entries`; VARVE_CLOSED and VARVE_REGION_FREED also in the middle of a wait
   */
  tail(options?: TailOptions): AsyncGenerator<Entry, void, void> {
    this.#assertUsable();
    return followRegion(this, this.#log, this.#core, options);
  }

  /**
   * A cursor before the first entry: the fastest way to read, since it makes no object for an entry.
   *
   * @throws VARVE_REGION_FREED, VARVE_CLOSED
   */
  cursor(): Cursor {
    this.#assertUsable();
    return new Cursor(new LogCursor(this.#log), this);
  }

  /**
   * The entry with this timestamp, if it is in this region.
   *
   * @throws TypeError or RangeError if that is no timestamp; VARVE_CORRUPT if an entry on the way is damaged; VARVE_REGION_FREED,
   * VARVE_CLOSED
   */
  get(timestamp: number): Entry | undefined {
    const wanted = timestampOption(timestamp, 'a timestamp');
    this.#assertUsable();
    const place = find(this.#log, wanted);
    return place && this.entryIn(place, wanted);
  }

  /**
   * Empties the region, durably. Its entries and iterators then throw `VARVE_REGION_FREED`, and so does what was not committed yet. The same
   * happens to those of read-only streams of other processes; the handle goes on with what is appended next, there too.
   *
   * @throws VARVE_READ_ONLY, VARVE_REGION_FREED, VARVE_CLOSED, VARVE_POISONED
   */
  clear(): Promise<void> {
    return this.#core.tasks.run(this.#core.guarded(clear(this.#core, this.#log)));
  }

  /** As `clear`, blocking. */
  clearSync(): void {
    this.#core.tasks.runSync(this.#core.guarded(clear(this.#core, this.#log)));
  }

  /**
   * Gives the region's space back, durably. The handle, its iterators and entries then throw `VARVE_REGION_FREED`.
   *
   * @throws VARVE_READ_ONLY, VARVE_REGION_FREED, VARVE_CLOSED, VARVE_POISONED
   */
  free(): Promise<void> {
    return this.#core.tasks.run(this.#core.guarded(free(this.#core, this.#log)));
  }

  /** As `free`, blocking. */
  freeSync(): void {
    this.#core.tasks.runSync(this.#core.guarded(free(this.#core, this.#log)));
  }

  /** @internal */
  get retains(): boolean {
    return this.#core.medium.retains;
  }

  /** @internal What a transaction of that stream does to it. */
  shareIn(core: StreamCore): Share {
    assertOf(this.#core, core);
    this.#assertUsable();
    return new RegionShare(this, this.#log);
  }

  /** @internal */
  assertReadable(life: number): void {
    this.#log.presence.assertStill(life);
  }

  /** @internal The entry that something stands on. */
  entryAt(at: { window: LogCursor['window']; position: number; size: number; timestamp: number }): Entry {
    const { life, presence } = this.#log;
    const entry = this.entryOf(at.window, at.position, at.size, at.timestamp, life);
    if (presence.stirred) presence.assertStill(life);
    return entry;
  }

  /** @internal The entry that was found at a place. Not by `entryAt`, which all that walks has to itself: the fewer kinds of objects come, the faster it is. */
  entryIn({ window, position, size }: Found, timestamp: number): Entry {
    const { life } = this.#log;
    const entry = this.entryOf(window, position, size, timestamp, life);
    this.#log.presence.assertStill(life);
    return entry;
  }

  /** @internal An entry as it stands in a window. */
  entryOf(
    window: LogCursor['window'],
    position: number,
    size: number,
    timestamp: number,
    life: number,
  ): Entry {
    return new Entry(this, window, position, size, timestamp, life, undefined);
  }

  /** @internal True for entries that are not to be shown, though they stand in the region. */
  hides(_at: { position: number; timestamp: number }): boolean {
    return false;
  }

  /** @internal Resolves once an entry of this region, and all before it, are persisted. */
  whenPersisted({ timestamp }: Entry): Promise<void> {
    return this.#core.persister.whenPersisted(timestamp);
  }

  /** @internal Appends parts, blocking. */
  appendNow(parts: readonly Uint8Array[], options: AppendOptions | undefined): Entry {
    const persists = persistsBeforeDone(options);
    return this.#settleSync(this.#appendParts(parts, options, persists), persists);
  }

  /** @internal Appends parts, which are copied before this returns. Throws what is wrong at once. */
  startAppend(parts: readonly Uint8Array[], options: AppendOptions | undefined): Promise<Entry> {
    const persists = persistsBeforeDone(options);
    if (this.#log.appender.reservations.none) {
      return this.settled(this.#appendParts(parts, options, false), persists);
    }
    this.#expect(options);
    return this.#appendBehind(parts, persists);
  }

  /** @internal The same for a promise that was given out before. */
  startAppendInto(parts: readonly Uint8Array[], options: AppendOptions | undefined, into: Settling): void {
    const persists = persistsBeforeDone(options);
    if (this.#log.appender.reservations.none) {
      this.settleInto(this.#appendParts(parts, options, false), persists, into);
    } else {
      this.#expect(options);
      this.#publishBehind(this.#placeBehind(parts), persists, into);
    }
  }

  /** @internal Resolves with an entry once it is persisted, or at once. */
  settled(entry: Entry, persists: boolean): Promise<Entry> {
    const { persister } = this.#core;
    if (persists) return persister.whenAppended(entry.timestamp).then(() => entry);
    persister.soon();
    return Promise.resolve(entry);
  }

  /** @internal The same for a promise that was given out before: not a turn later, so that appends are done in their order. */
  settleInto(entry: Entry, persists: boolean, { resolve, reject }: Settling): void {
    const { persister } = this.#core;
    if (persists) {
      persister.whenAppended(entry.timestamp).then(() => resolve(entry), reject);
    } else {
      persister.soon();
      resolve(entry);
    }
  }

  /** Returns once the entry is persisted, or sees to it that it will be. */
  #settleSync(entry: Entry, persists: boolean): Entry {
    const { persister } = this.#core;
    if (persists) persister.persistOwn();
    else persister.soon();
    return entry;
  }

  #append(data: Data, options: AppendOptions | undefined): Entry {
    const bytes = bytesOf(data);
    this.#expect(options);
    return this.#appended(this.#log.appender.append(bytes, false), bytes.length);
  }

  #appendParts(parts: readonly Uint8Array[], options: AppendOptions | undefined, persists: boolean): Entry {
    const size = sizeOf(parts);
    this.#expect(options);
    return this.#appended(this.#log.appender.appendParts(parts, size, persists), size);
  }

  #appended(position: number, size: number): Entry {
    const { lastWindow, lastTimestamp } = this.#log.appender;
    return this.entryOf(lastWindow, position, size, lastTimestamp, this.#log.life);
  }

  #appendBehind(parts: readonly Uint8Array[], persists: boolean): Promise<Entry> {
    const place = this.#placeBehind(parts);
    return new Promise((resolve, reject) => this.#publishBehind(place, persists, { resolve, reject }));
  }

  /** Takes the next place behind the open slots. */
  #placeBehind(parts: readonly Uint8Array[]): Place {
    const place = this.#log.appender.reservations.reserve(sizeOf(parts));
    storeParts(place, parts);
    return place;
  }

  /** Is done when everything before the place is. */
  #publishBehind(place: Place, persists: boolean, into: Settling): void {
    const { life } = this.#log;
    place.onFailed = into.reject;
    place.onCommitted = (timestamp) => {
      const { window, position, size } = place;
      // Not `entryAt`: it is committed, even if another thread has just taken the region away.
      this.settleInto(this.entryOf(window, position, size, timestamp, life), persists, into);
    };
    this.#log.appender.reservations.publish(place, place.size);
  }

  /** The append that follows is to fail unless the last entry is the one that its caller expects. */
  #expect(options: AppendOptions | undefined): void {
    if (options?.expectedLast === undefined) return;
    const expected = timestampOption(options.expectedLast, 'expectedLast');
    this.#assertUsable();
    this.#log.appender.expect(expected);
  }

  #assertUsable(): void {
    this.#core.assertOpen();
    this.#log.assertUsable();
  }
}
