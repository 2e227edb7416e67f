import { typeError } from '../base/errors.js';
import type { LogCursor } from '../core/cursor.js';
import { leaderAt, type PlainLeader } from '../core/log/leader.js';
import type { LogCore } from '../core/log/log-core.js';
import type { RegionLog } from '../core/region-log.js';
import type { StreamCore } from '../core/stream-core.js';
import { ENTRY } from '../format/layout.js';
import type { Data } from './data.js';
import { Entry } from './entry.js';
import { Region } from './region.js';
import { Slot } from './slot.js';
import type { Share } from './transaction-shares.js';

/** The region that a part of a log lies in: entries say it is theirs, and only the log changes it. */
export class SegmentRegion extends Region {
  readonly #region: RegionLog;
  readonly #core: StreamCore;
  /** Undefined where nothing is known of the log beside its entries. */
  readonly #log: LogCore | undefined;

  /** @internal */
  constructor(region: RegionLog, core: StreamCore, log: LogCore | undefined) {
    super(region, core);
    this.#region = region;
    this.#core = core;
    this.#log = log;
  }

  /** @internal A slot behind a leader. */
  reserveLed(leader: Uint8Array, size: number): Slot {
    const place = this.#region.appender.reservations.reserve(leader.length + size);
    const { window, position } = place;
    window.bytes.set(leader, position - window.start + ENTRY.header);
    return new Slot(this, this.#region, this.#core, place, leader.length);
  }

  /** @internal Appends data behind a leader; undefined, and nothing has happened, where that needs a second thought. */
  appendLed(leader: PlainLeader, data: Uint8Array, persists: boolean): Entry | undefined {
    const region = this.#region;
    const position = region.appendLed(leader.low, leader.high, data, persists);
    if (position < 0) return undefined;
    const { lastWindow, lastTimestamp, life } = region;
    return new Entry(this, lastWindow, position + leader.size, data.length, lastTimestamp, life, leader.time);
  }

  /** @internal */
  override entryOf(
    window: LogCursor['window'],
    position: number,
    size: number,
    timestamp: number,
    life: number,
  ): Entry {
    const leader = leaderAt(window, position);
    return new Entry(this, window, position + leader.size, size - leader.size, timestamp, life, leader.time);
  }

  /** @internal */
  override hides({ position, timestamp }: { position: number; timestamp: number }): boolean {
    return this.#log?.shows(this.#region, position, timestamp) === false;
  }

  /** @internal */
  override shareIn(): Share {
    throw this.#ofLog();
  }

  override appendSync(): Entry {
    throw this.#ofLog();
  }

  override append(): Promise<Entry> {
    return Promise.reject(this.#ofLog());
  }

  override appendvSync(_parts: readonly Data[]): Entry {
    throw this.#ofLog();
  }

  override appendv(): Promise<Entry> {
    return Promise.reject(this.#ofLog());
  }

  override reserve(): Slot {
    throw this.#ofLog();
  }

  override clear(): Promise<void> {
    return Promise.reject(this.#ofLog());
  }

  override clearSync(): void {
    throw this.#ofLog();
  }

  override free(): Promise<void> {
    return Promise.reject(this.#ofLog());
  }

  override freeSync(): void {
    throw this.#ofLog();
  }

  #ofLog(): TypeError {
    return typeError(
      `Cannot change region ${this.id} as it is a part of the log '${this.log}': change that, by stream.log('${this.log}')`,
    );
  }
}
