import { hasCode, typeError } from '../base/errors.js';
import type { ChangeFor, Journal } from '../core/log/journal.js';
import { LEADER } from '../core/log/leader.js';
import type { LogCore } from '../core/log/log-core.js';
import { waitingBefore } from '../core/log/log-errors.js';
import type { RegionLog } from '../core/region-log.js';
import type { StreamCore } from '../core/stream-core.js';
import type { Committed, Part } from '../core/transaction.js';
import { strideOf } from '../format/entry.js';
import { ENTRY } from '../format/layout.js';
import type { AppendQueue } from './append-queue.js';
import type { Entry } from './entry.js';
import { expectLast } from './log-expectation.js';
import type { Region } from './region.js';

/** An entry that a transaction is to append to a region or a log. */
export interface Item {
  /** A copy of what is to be stored, with as many bytes before it as the share asks for. */
  readonly data: Uint8Array;
  /** Nothing is committed unless the last entry before the transaction has this timestamp; undefined: whichever it has. */
  readonly expectedLast: number | undefined;
}

/** What a transaction does to one region or log, or to the consumers of a log. */
export interface Share {
  /** Bytes that it needs before the data of each entry. */
  readonly before: number;
  /** Adds an entry. */
  add(item: Item): void;
  /**
   * The parts of the transaction that it comes to now: one for each entry, in their order. Called again for each try.
   *
   * @param waits true if it may block for slots of other threads
   */
  parts(waits: boolean): Part[];
  /** True if a try has failed only because another thread was faster: another one is due. */
  isStale(error: unknown): boolean;
  /** Resolves when a slot that was in the way may be settled; undefined if none is. */
  settled(): Promise<void> | undefined;
  /** The entry that one of its parts has become. */
  entryOf(committed: Committed): Entry;
  /** All of its parts are committed. */
  done(): void;
}

/** What goes to one region. */
export class RegionShare implements Share {
  readonly before = 0;
  readonly #region: Region;
  readonly #log: RegionLog;
  readonly #parts: Part[] = [];

  constructor(region: Region, log: RegionLog) {
    this.#region = region;
    this.#log = log;
  }

  add({ data, expectedLast }: Item): void {
    this.#parts.push({ region: this.#log, data, expectedLast });
  }

  parts(): Part[] {
    return this.#parts;
  }

  isStale(): boolean {
    return false;
  }

  settled(): Promise<void> | undefined {
    return settledIn(this.#log);
  }

  entryOf(committed: Committed): Entry {
    return this.#region.entryAt(committed);
  }

  done(): void {}
}

/** What goes to one log: all of it to one segment, and a further one is begun if it does not fit in the last. */
export class LogShare implements Share {
  readonly before = LEADER;
  readonly #log: LogCore;
  readonly #regionOf: (region: RegionLog) => Region;
  readonly #queue: AppendQueue;
  readonly #items: Item[] = [];
  /** Bytes that the entries take, one behind the other. */
  #bytes = 0;
  /** True if some of them expect a last entry. */
  #expects = false;
  #segment: RegionLog | undefined;

  constructor(log: LogCore, regionOf: (region: RegionLog) => Region, queue: AppendQueue) {
    this.#log = log;
    this.#regionOf = regionOf;
    this.#queue = queue;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#bytes += strideOf(item.data.length);
    this.#expects ||= item.expectedLast !== undefined;
  }

  parts(waits: boolean): Part[] {
    if (this.#queue.isBusy) throw waitingBefore(this.#log.name);
    const expectations = this.#expects
      ? this.#items.map((item) => expectLast(this.#log, optionsOf(item)))
      : undefined;
    const { region, leader } = this.#log.makeRoom(this.#bytes - ENTRY.header - LEADER, waits);
    this.#segment = region;
    return this.#items.map(({ data }, i) => {
      data.set(leader);
      return { region, data, expectedLast: expectations?.[i]?.(region)?.expectedLast };
    });
  }

  isStale(error: unknown): boolean {
    const segment = this.#segment;
    if (!hasCode(error, 'VARVE_FULL') || segment === undefined || this.#log.core.sharing === undefined)
      return false;
    this.#log.follow();
    return segment.ended || segment.appender.available < this.#bytes - ENTRY.header;
  }

  settled(): Promise<void> | undefined {
    if (this.#queue.isBusy) return this.#queue.idle();
    const open = this.#log.chain.segments
      .map(({ region }) => settledIn(region))
      .filter((each) => each !== undefined);
    return open.length === 0 ? undefined : Promise.race(open);
  }

  entryOf(committed: Committed): Entry {
    return this.#regionOf(committed.region).entryAt(committed);
  }

  done(): void {}
}

/** What consumers of one log acknowledge. */
export class JournalShare implements Share {
  readonly before = 0;
  readonly #journal: Journal;
  /** By consumer: the last one counts. */
  readonly #changes = new Map<object, ChangeFor>();
  #last = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  add(): void {
    throw typeError('Cannot append to a consumer: acknowledge');
  }

  /** @param who acknowledges */
  acknowledge(who: object, changeFor: ChangeFor): void {
    this.#changes.set(who, changeFor);
  }

  parts(): Part[] {
    const parts = this.#journal.partsFor([...this.#changes.values()]);
    this.#last = this.#journal.last;
    return parts;
  }

  /** Another thread may have acknowledged something meanwhile, and filled the region of the journal by that. */
  isStale(error: unknown): boolean {
    if (!hasCode(error, 'VARVE_CONFLICT') && !hasCode(error, 'VARVE_FULL')) return false;
    this.#journal.refresh();
    return this.#journal.last !== this.#last;
  }

  settled(): undefined {}

  entryOf(): never {
    throw typeError('An acknowledgement is no entry');
  }

  done(): void {
    this.#journal.refresh();
  }
}

function settledIn(region: RegionLog): Promise<void> | undefined {
  const { reservations } = region.appender;
  return reservations.none ? undefined : reservations.settled();
}

function optionsOf({ expectedLast }: Item): { expectedLast: number } | undefined {
  return expectedLast === undefined ? undefined : { expectedLast };
}

/** Throws unless something belongs to the stream that a transaction is one of. */
export function assertOf(core: StreamCore, transaction: StreamCore): void {
  if (core !== transaction) throw typeError('Cannot take part in a transaction of another stream');
}
