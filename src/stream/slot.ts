import { rangeError, typeError, VarveError } from '../base/errors.js';
import type { RegionLog } from '../core/region-log.js';
import type { Place } from '../core/reservations.js';
import type { StreamCore } from '../core/stream-core.js';
import { ENTRY } from '../format/layout.js';
import type { Entry } from './entry.js';
import { type PublishOptions, persistsBeforeDone } from './options.js';
import type { Region } from './region.js';

/**
 * A reserved place in a region. It ends by `publish` or `cancel`; with `using` a slot that was not published is cancelled.
 *
 * @example
 * const slot = region.reserve(100);
 * slot.data.set(bytes);
 * const entry = slot.publishSync(bytes.length);
 */
export class Slot {
  /** The region it is in. */
  readonly region: Region;
  /** Bytes reserved for the payload. */
  readonly size: number;
  readonly #log: RegionLog;
  readonly #core: StreamCore;
  readonly #place: Place;
  /** The life of the region that it is in. */
  readonly #life: number;
  /** Bytes before the payload that a log has put there. */
  readonly #leader: number;

  /** @internal */
  constructor(region: Region, log: RegionLog, core: StreamCore, place: Place, leader = 0) {
    this.region = region;
    this.size = place.size - leader;
    this.#leader = leader;
    this.#life = log.life;
    this.#log = log;
    this.#core = core;
    this.#place = place;
  }

  /**
   * The reserved bytes on the medium itself, of any content at first. Not to be touched after publishing.
   *
   * @throws VARVE_CLOSED once the slot was published or cancelled or the stream closed, VARVE_REGION_FREED
   */
  get data(): Uint8Array {
    this.#assertOpen();
    const { window, position } = this.#place;
    const { buffer, byteOffset } = window.bytes;
    window.lent = true;
    const start = position - window.start + ENTRY.header + this.#leader;
    return new Uint8Array(buffer, byteOffset + start, this.size);
  }

  /**
   * Makes the first `size` bytes an entry.
   *
   * @param size bytes, at most as many as were reserved; all of them if left out
   * @param options when it is done
   * @returns the entry, once it is persisted (or committed)
   * @throws VARVE_BUSY if a slot reserved before it is still open, VARVE_CLOSED if this one is not, RangeError, and what an append throws
   */
  publishSync(size?: number, options?: PublishOptions): Entry {
    const persists = persistsBeforeDone(options);
    const bytes = this.#check(size);
    this.#log.appender.reservations.assertFirst(this.#place);
    let entry: Entry | undefined;
    this.#place.onCommitted = (timestamp) => {
      entry = this.#entry(bytes, timestamp);
    };
    this.#log.appender.reservations.publish(this.#place, this.#leader + bytes);
    if (persists) this.#core.persister.persistSync();
    else this.#core.persister.soon();
    return entry as Entry;
  }

  /** As `publishSync`, but resolves, and waits for the slots reserved before it. */
  publish(size?: number, options?: PublishOptions): Promise<Entry> {
    return new Promise((resolve, reject) => {
      const persists = persistsBeforeDone(options);
      const bytes = this.#check(size);
      this.#place.onFailed = reject;
      this.#place.onCommitted = (timestamp) => {
        this.region.settleInto(this.#entry(bytes, timestamp), persists, { resolve, reject });
      };
      this.#log.appender.reservations.publish(this.#place, this.#leader + bytes);
    });
  }

  /** Gives the place up. Does nothing if it was published or cancelled before. */
  cancel(): void {
    if (this.#place.state === 'open') this.#log.appender.reservations.cancel(this.#place);
  }

  [Symbol.dispose](): void {
    this.cancel();
  }

  #entry(size: number, timestamp: number): Entry {
    const { window, position } = this.#place;
    return this.region.entryOf(window, position, this.#leader + size, timestamp, this.#life);
  }

  #check(size: number | undefined): number {
    if (size !== undefined && typeof size !== 'number') {
      throw typeError(`Cannot publish ${typeof size}: the size must be a number of bytes`);
    }
    const bytes = size ?? this.size;
    if (!Number.isSafeInteger(bytes) || bytes < 0 || bytes > this.size) {
      throw rangeError(
        `Cannot publish ${bytes} bytes of a slot: it must be a whole number from 0 to the ${this.size} reserved`,
      );
    }
    this.#assertOpen();
    this.#core.assertWritable();
    return bytes;
  }

  #assertOpen(): void {
    if (this.#place.state === 'open') return;
    this.#core.assertOpen();
    this.#log.assertAlive();
    throw new VarveError(
      'VARVE_CLOSED',
      `This slot was ${this.#place.state === 'cancelled' ? 'cancelled' : 'published'} already`,
    );
  }
}
