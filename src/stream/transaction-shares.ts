import { hasCode, typeError } from '../base/errors.js';
import type { ChangeFor, Journal, Made } from '../core/log/journal.js';
import { LEADER } from '../core/log/leader.js';
import type { LogCore } from '../core/log/log-core.js';
import { waitingBefore } from '../core/log/log-errors.js';
import type { RegionLog } from '../core/region-log.js';
import type { Stage } from '../core/stage.js';
import type { StreamCore } from '../core/stream-core.js';
import { type Part, partOf, type Target } from '../core/transaction.js';
import { ENTRY } from '../format/layout.js';
import type { AppendQueue } from './append-queue.js';
import type { Entry } from './entry.js';
import type { Log } from './log.js';
import { expectLast } from './log-expectation.js';
import type { Region } from './region.js';

/** What a transaction does to one region or log, or to the consumers of a log. */
export interface Share extends Target {
  /** What was named: a region, a log or a journal. */
  readonly of: object;
  /** Bytes that it needs before the data of each entry. */
  readonly before: number;
  /** Takes part with an entry: a copy of the data behind as many bytes. Nothing is committed unless the last entry has the expected timestamp. */
  add(copy: Uint8Array, expectedLast: number | undefined): Part;
  /**
   * Finds out where its entries go now, before each try. Returns what else is to be committed, behind all entries, if there is anything.
   *
   * @param waits true if it may block for slots of other threads
   */
  begin(waits: boolean): readonly Part[] | undefined;
  /** True if a try has failed only because another thread was faster: another one is due. */
  isStale(error: unknown): boolean;
  /** Resolves when a slot that was in the way may be settled; undefined if none is. */
  settled(): Promise<void> | undefined;
  /** The entry that one of its parts has become. */
  entryOf(part: Part): Entry;
  /** What it returned is committed. */
  done(): void;
}

/** What goes to one region. */
export class RegionShare implements Share {
  readonly of: Region;
  readonly region: RegionLog;
  readonly before = 0;
  end = 0;

  constructor(of: Region, region: RegionLog) {
    this.of = of;
    this.region = region;
  }

  add(copy: Uint8Array, expectedLast: number | undefined): Part {
    return partOf(this, copy, expectedLast);
  }

  begin(): undefined {
    this.end = 0;
  }

  isStale(): boolean {
    return false;
  }

  settled(): Promise<void> | undefined {
    return settledIn(this.region);
  }

  entryOf(part: Part): Entry {
    return this.of.entryIn(part, part.timestamp);
  }

  done(): void {}
}

/** What goes to one log: all of it to one segment, and a further one is begun if it does not fit in the last. */
export class LogShare implements Share {
  readonly of: Log;
  readonly before = LEADER;
  end = 0;
  readonly #log: LogCore;
  readonly #regionOf: (region: RegionLog) => Region;
  readonly #queue: AppendQueue;
  readonly #parts: Part[] = [];
  /** Bytes that the entries take, one behind the other. */
  #bytes = 0;
  /** What some of them expect to be the log's last entry, by their places; undefined if none does. */
  #expected: Map<Part, number> | undefined;
  #segment: RegionLog | undefined;

  constructor(of: Log, log: LogCore, regionOf: (region: RegionLog) => Region, queue: AppendQueue) {
    this.of = of;
    this.#log = log;
    this.#regionOf = regionOf;
    this.#queue = queue;
  }

  /** The segment that its entries go to. */
  get region(): RegionLog {
    return this.#segment as RegionLog;
  }

  add(copy: Uint8Array, expectedLast: number | undefined): Part {
    const part = partOf(this, copy, undefined);
    this.#parts.push(part);
    this.#bytes += part.stride;
    if (expectedLast !== undefined) {
      this.#expected ??= new Map();
      this.#expected.set(part, expectedLast);
    }
    return part;
  }

  begin(waits: boolean): undefined {
    this.end = 0;
    if (this.#queue.isBusy) throw waitingBefore(this.#log.name);
    const expectations = [...(this.#expected ?? [])].map(
      ([part, expectedLast]) => [part, expectLast(this.#log, { expectedLast })] as const,
    );
    const { region, leader } = this.#log.makeRoom(this.#bytes - ENTRY.header - LEADER, waits);
    this.#segment = region;
    for (const { data } of this.#parts) data.set(leader);
    for (const [part, expected] of expectations) part.expectedLast = expected(region)?.expectedLast;
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

  entryOf(part: Part): Entry {
    return this.#regionOf(this.region).entryIn(part, part.timestamp);
  }

  done(): void {}
}

/** What consumers of one log acknowledge. */
export class JournalShare implements Share {
  readonly of: Journal;
  readonly before = 0;
  end = 0;
  /** By consumer: the last one counts. */
  readonly #changes = new Map<object, ChangeFor>();
  readonly #stage: Stage;
  #made: readonly Made[] = [];
  #last = 0;

  constructor(journal: Journal, stage: Stage) {
    this.of = journal;
    this.#stage = stage;
  }

  /** The one that is written to. */
  get region(): RegionLog {
    return this.of.region;
  }

  add(): never {
    throw typeError('Cannot append to a consumer: acknowledge');
  }

  /** @param who acknowledges */
  acknowledge(who: object, changeFor: ChangeFor): void {
    this.#changes.set(who, changeFor);
  }

  begin(): readonly Part[] {
    this.end = 0;
    this.#made = this.of.recordsFor(this.#changes.values(), this.#stage);
    this.#last = this.of.last;
    return this.#made.map(({ bytes }) => partOf(this, bytes, this.#last));
  }

  /** Another thread may have acknowledged something meanwhile, and filled the region of the journal by that. */
  isStale(error: unknown): boolean {
    if (!hasCode(error, 'VARVE_CONFLICT') && !hasCode(error, 'VARVE_FULL')) return false;
    this.of.refresh();
    return this.of.last !== this.#last;
  }

  settled(): undefined {}

  entryOf(): never {
    throw typeError('An acknowledgement is no entry');
  }

  done(): void {
    this.of.committed(this.#made);
  }
}

function settledIn(region: RegionLog): Promise<void> | undefined {
  const { reservations } = region.appender;
  return reservations.none ? undefined : reservations.settled();
}

/** Throws unless something belongs to the stream that a transaction is one of. */
export function assertOf(core: StreamCore, transaction: StreamCore): void {
  if (core !== transaction) throw typeError('Cannot take part in a transaction of another stream');
}
