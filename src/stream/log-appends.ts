import { hasCode } from '../base/errors.js';
import type { Produced } from '../core/log/leader.js';
import type { LogCore } from '../core/log/log-core.js';
import { waitingBefore } from '../core/log/log-errors.js';
import { isFreed } from '../core/log/unless-freed.js';
import type { RegionLog } from '../core/region-log.js';
import type { AppendQueue } from './append-queue.js';
import { bytesOf, type Data, partsOf, sizeOf } from './data.js';
import type { Entry } from './entry.js';
import { expectLast } from './log-expectation.js';
import type { LogAppendOptions } from './log-options.js';
import { persistsBeforeDone } from './options.js';
import { producedOption, type Repeats } from './produced.js';
import type { Region } from './region.js';
import type { SegmentRegion } from './segment-region.js';
import type { Settling } from './settling.js';
import type { Slot } from './slot.js';

/** How entries get into a log: into its last segment, or a further one. */
export class LogAppends {
  readonly #log: LogCore;
  readonly #regionOf: (region: RegionLog) => Region;
  readonly #queue: AppendQueue;
  readonly #repeats: Repeats;
  #last: { readonly region: RegionLog; readonly segment: SegmentRegion } | undefined;

  /**
   * @param queue of those who wait for room
   * @param repeats of those who say who they are
   */
  constructor(log: LogCore, regionOf: (region: RegionLog) => Region, queue: AppendQueue, repeats: Repeats) {
    this.#log = log;
    this.#regionOf = regionOf;
    this.#queue = queue;
    this.#repeats = repeats;
  }

  appendSync(data: Data, options: LogAppendOptions | undefined): Entry {
    const persists = persistsBeforeDone(options);
    const entry = this.#appendPlain(data, options, persists);
    if (entry === undefined) return this.appendvSync([data], options);
    const { persister } = this.#log.core;
    if (persists) persister.persistOwn();
    else persister.soon();
    return entry;
  }

  append(data: Data, options: LogAppendOptions | undefined): Promise<Entry> {
    try {
      const persists = persistsBeforeDone(options);
      const entry = this.#appendPlain(data, options, false);
      return entry === undefined ? this.appendv([data], options) : entry.region.settled(entry, persists);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  appendvSync(parts: readonly Data[], options: LogAppendOptions | undefined): Entry {
    const bytes = partsOf(parts);
    const there = this.#repeats.find(producedOption(options));
    if (there !== undefined) {
      if (persistsBeforeDone(options)) this.#log.core.persister.persistSync();
      return there;
    }
    return this.#intoSegment(sizeOf(bytes), true, options, (segment, leader, expected) =>
      segment.appendNow([leader, ...bytes], expected),
    );
  }

  appendv(parts: readonly Data[], options: LogAppendOptions | undefined): Promise<Entry> {
    try {
      const produced = producedOption(options);
      return produced === undefined
        ? this.#append(parts, options)
        : this.#appendOnce(produced, parts, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  reserve(size: number): Slot {
    return this.#intoSegment(size, false, undefined, (segment, leader) => segment.reserveLed(leader, size));
  }

  /** What nearly all appends are: an entry that fits behind the last one. Undefined, and nothing has happened, if it is not so. */
  #appendPlain(data: Data, options: LogAppendOptions | undefined, persists: boolean): Entry | undefined {
    if (options !== undefined && !isPlain(options)) return undefined;
    const region = this.#log.ready;
    if (region === undefined || this.#queue.isBusy) return undefined;
    const bytes = bytesOf(data);
    return this.#segmentOf(region).appendLed(this.#log.leaderNow(), bytes, persists);
  }

  async #appendOnce(
    produced: Produced,
    parts: readonly Data[],
    options: LogAppendOptions | undefined,
  ): Promise<Entry> {
    const underWay = this.#repeats.underWay(produced);
    const there = underWay === undefined ? this.#repeats.find(produced) : await underWay;
    if (there === undefined) return this.#repeats.begin(produced, this.#append(parts, options));
    if (persistsBeforeDone(options)) await there.region.whenPersisted(there);
    return there;
  }

  #append(parts: readonly Data[], options: LogAppendOptions | undefined): Promise<Entry> {
    const bytes = partsOf(parts);
    if (!this.#queue.isBusy) {
      try {
        return this.#start(bytes, options);
      } catch (error) {
        if (!hasCode(error, 'VARVE_FULL') || this.#log.options.whenFull !== 'wait') throw error;
      }
    }
    const copies = bytes.map((part) => part.slice());
    return new Promise((resolve, reject) => {
      this.#queue.wait(() => this.#startInto(copies, options, { resolve, reject }), reject);
    });
  }

  #start(parts: readonly Uint8Array[], options: LogAppendOptions | undefined): Promise<Entry> {
    return this.#into(sizeOf(parts), false, options, (segment, leader, expected) =>
      segment.startAppend([leader, ...parts], expected),
    );
  }

  #startInto(parts: readonly Uint8Array[], options: LogAppendOptions | undefined, settling: Settling): void {
    this.#into(sizeOf(parts), false, options, (segment, leader, expected) =>
      segment.startAppendInto([leader, ...parts], expected, settling),
    );
  }

  #intoSegment<T>(
    size: number,
    blocking: boolean,
    options: LogAppendOptions | undefined,
    append: (segment: SegmentRegion, leader: Uint8Array, options: LogAppendOptions | undefined) => T,
  ): T {
    if (this.#queue.isBusy) throw waitingBefore(this.#log.name);
    return this.#into(size, blocking, options, append);
  }

  /** The public region of the last segment is asked for with each append. */
  #segmentOf(region: RegionLog): SegmentRegion {
    if (this.#last?.region !== region)
      this.#last = { region, segment: this.#regionOf(region) as SegmentRegion };
    return this.#last.segment;
  }

  /** Appends to the last segment. Another thread may just have filled it, begun a further one, or trimmed it even. */
  #into<T>(
    size: number,
    blocking: boolean,
    options: LogAppendOptions | undefined,
    append: (segment: SegmentRegion, leader: Uint8Array, options: LogAppendOptions | undefined) => T,
  ): T {
    const expect = expectLast(this.#log, options);
    const produced = producedOption(options);
    for (;;) {
      const { region, leader } = this.#log.makeRoom(size, blocking, produced);
      try {
        return append(this.#segmentOf(region), leader, expect(region));
      } catch (error) {
        if (this.#log.core.sharing === undefined || !(hasCode(error, 'VARVE_FULL') || isFreed(error)))
          throw error;
        this.#log.follow();
      }
    }
  }
}

/** True if the options say nothing of a producer or of what they expect. */
function isPlain({ producer, sequence, expectedLast }: LogAppendOptions): boolean {
  return producer === undefined && sequence === undefined && expectedLast === undefined;
}
