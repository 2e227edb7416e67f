import { hasCode, rangeError, typeError, VarveError } from '../base/errors.js';
import { Stage } from '../core/stage.js';
import type { StreamCore } from '../core/stream-core.js';
import { PARTS_MAX, type Part, transact } from '../core/transaction.js';
import { Consumer } from './consumer.js';
import { bytesOf, type Data, partsOf, sizeOf } from './data.js';
import type { Entry } from './entry.js';
import { Log } from './log.js';
import { assertOptions, type PublishOptions, persistsBeforeDone, timestampOption } from './options.js';
import { Region } from './region.js';
import { JournalShare, type Share } from './transaction-shares.js';

/** How to append within a transaction. */
export interface TransactionAppendOptions {
  /** Only if the last entry of the region, or log, before the transaction has this timestamp (0: if it had none); else `VARVE_CONFLICT`, and nothing is committed. */
  expectedLast?: number;
}

/** As many shares are looked through faster than kept in a map. */
const FEW = 8;

/** Collects what is to be committed together. Made by `stream.transaction`. */
export class Transaction {
  readonly #core: StreamCore;
  readonly #stage: Stage;
  readonly #shares: Share[];
  /** The same, once they are more than a few. */
  #byTarget: Map<object, Share> | undefined;
  /** The entries in the order in which they were added. */
  readonly #parts: Part[];
  /** What was appended to last: often that is appended to next. */
  #share: Share | undefined;
  #ended: boolean;

  /** @internal */
  constructor(core: StreamCore, stage: Stage) {
    this.#core = core;
    this.#stage = stage;
    this.#shares = [];
    this.#byTarget = undefined;
    this.#parts = [];
    this.#share = undefined;
    this.#ended = false;
  }

  /**
   * Adds an entry. The data is copied; nothing is stored before the transaction's function is done.
   *
   * @param target a region or log of the same stream; one may take several entries
   * @throws VARVE_CLOSED once that function is done, VARVE_REGION_FREED, TypeError, RangeError
   */
  append(target: Region | Log, data: Data, options?: TransactionAppendOptions): void {
    const bytes = bytesOf(data);
    const share = this.#shareFor(target, options);
    const { before } = share;
    const size = before + bytes.length;
    const copy = this.#stage.place(size);
    copy.set(bytes, before);
    this.#add(share, copy, options);
  }

  /** As `append`, for parts that become one entry. */
  appendv(target: Region | Log, parts: readonly Data[], options?: TransactionAppendOptions): void {
    const all = partsOf(parts);
    const share = this.#shareFor(target, options);
    const size = share.before + sizeOf(all);
    const copy = this.#stage.place(size);
    let at = share.before;
    for (const part of all) {
      copy.set(part, at);
      at += part.length;
    }
    this.#add(share, copy, options);
  }

  /**
   * Acknowledges for a consumer everything up to an entry, or a timestamp, together with what is appended: so what was made of an entry is there once and
   * only once, whatever happens. The last call for a consumer counts.
   *
   * @throws VARVE_READ_ONLY if the consumer keeps its position in a file; as `append` and `consumer.ack`
   * @example
   * await stream.transaction((tx) => {
   *   tx.append(invoices, invoiceOf(order));
   *   tx.ack(consumer, order);
   * });
   */
  ack(consumer: Consumer, upTo: Entry | number): void {
    this.#assertCollects();
    if (!(consumer instanceof Consumer)) throw typeError('Cannot acknowledge for anything but a consumer');
    const { journal, changeFor } = consumer.acknowledgement(this.#core, upTo);
    const share = this.#find(journal) ?? this.#enter(new JournalShare(journal, this.#stage));
    (share as JournalShare).acknowledge(consumer, changeFor);
  }

  #shareFor(target: Region | Log, options: TransactionAppendOptions | undefined): Share {
    this.#assertCollects();
    if (options !== undefined) assertOptions(options);
    const share = this.#share;
    return share !== undefined && share.of === target ? share : this.#shareOf(target);
  }

  /** @param copy of the data, with room before it for what its share needs there */
  #add(share: Share, copy: Uint8Array, options: TransactionAppendOptions | undefined): void {
    const expected = options?.expectedLast;
    const expectedLast = expected === undefined ? undefined : timestampOption(expected, 'expectedLast');
    const parts = this.#parts;
    if (parts.length === PARTS_MAX) throw rangeError(`A transaction takes at most ${PARTS_MAX} entries`);
    parts.push(share.add(copy, expectedLast));
  }

  #shareOf(target: Region | Log): Share {
    if (!(target instanceof Region || target instanceof Log)) {
      throw typeError('Cannot append to anything but a region or a log in a transaction');
    }
    this.#share = this.#find(target) ?? this.#enter(target.shareIn(this.#core));
    return this.#share;
  }

  #find(target: object): Share | undefined {
    if (this.#byTarget !== undefined) return this.#byTarget.get(target);
    const shares = this.#shares;
    for (let i = 0; i < shares.length; i++) if (shares[i]?.of === target) return shares[i];
    return undefined;
  }

  #enter(share: Share): Share {
    const shares = this.#shares;
    shares.push(share);
    if (this.#byTarget !== undefined) this.#byTarget.set(share.of, share);
    else if (shares.length > FEW) this.#byTarget = new Map(shares.map((each) => [each.of, each]));
    return share;
  }

  #assertCollects(): void {
    if (this.#ended) throw new VarveError('VARVE_CLOSED', 'The transaction has ended: begin another one');
  }

  /** @internal Nothing can be added any more. */
  end(): void {
    this.#ended = true;
  }

  /**
   * @internal Commits what was collected; `waits` says whether it may block for slots of other threads. Returns the newest timestamp that it was given, be
   * it an acknowledgement's; 0 if there was nothing to commit.
   */
  commit(waits: boolean): number {
    for (;;) {
      try {
        return this.#try(waits);
      } catch (error) {
        // Each of them is to look.
        if (!this.#shares.map((share) => share.isStale(error)).includes(true)) throw error;
      }
    }
  }

  /** @internal Resolves when a commit that met an open slot may be tried again. */
  async slotsSettled(): Promise<void> {
    const open = this.#shares.map((share) => share.settled()).filter((each) => each !== undefined);
    await (open.length === 0 ? new Promise((resolve) => setImmediate(resolve)) : Promise.race(open));
  }

  /** Entries come in the order in which they were added; acknowledgements last. */
  #try(waits: boolean): number {
    const shares = this.#shares;
    let parts: readonly Part[] = this.#parts;
    for (let i = 0; i < shares.length; i++) {
      const records = (shares[i] as Share).begin(waits);
      if (records !== undefined) parts = joined(parts, records);
    }
    if (parts.length === 0) return 0;
    transact(this.#core, parts, waits);
    if (parts !== this.#parts) for (const share of shares) share.done();
    return (parts[parts.length - 1] as Part).timestamp;
  }

  /** @internal What was committed. */
  entries(): Entry[] {
    const parts = this.#parts;
    const entries = new Array<Entry>(parts.length);
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      entries[i] = (part.target as Share).entryOf(part);
    }
    return entries;
  }
}

/** A new array, which takes `concat` a thousand instructions. */
function joined(parts: readonly Part[], further: readonly Part[]): readonly Part[] {
  const all = new Array<Part>(parts.length + further.length);
  for (let i = 0; i < parts.length; i++) all[i] = parts[i] as Part;
  for (let i = 0; i < further.length; i++) all[parts.length + i] = further[i] as Part;
  return all;
}

/** Runs a transaction whose function collects at once. */
export function runTransactionSync(
  core: StreamCore,
  body: (transaction: Transaction) => unknown,
  options: PublishOptions | undefined,
): Entry[] {
  const persists = checked(core, body, options);
  const stage = Stage.take();
  const transaction = new Transaction(core, stage);
  try {
    collectSync(transaction, body);
    const last = transaction.commit(true);
    const entries = transaction.entries();
    if (last === 0) return entries;
    if (persists) core.persister.persistOwn();
    else core.persister.soon();
    return entries;
  } finally {
    stage.release();
  }
}

function collectSync(transaction: Transaction, body: (transaction: Transaction) => unknown): void {
  try {
    if (isThenable(body(transaction))) {
      throw typeError('Cannot wait for a promise in transactionSync: use transaction');
    }
  } finally {
    transaction.end();
  }
}

/**
 * Runs a transaction whose function may take its time. If it takes none, the entries are committed before this returns, so that they share a sync
 * with what is appended next.
 */
export async function runTransaction(
  core: StreamCore,
  body: (transaction: Transaction) => unknown,
  options: PublishOptions | undefined,
): Promise<Entry[]> {
  const persists = checked(core, body, options);
  const stage = Stage.take();
  const transaction = new Transaction(core, stage);
  let last: number | undefined;
  try {
    try {
      const collected = body(transaction);
      if (isThenable(collected)) await collected;
    } finally {
      transaction.end();
    }
    last = commitIfFree(transaction);
    while (last === undefined) {
      await transaction.slotsSettled();
      last = commitIfFree(transaction);
    }
  } finally {
    stage.release();
  }
  return persisted(core, transaction.entries(), last, persists);
}

/** Undefined if a slot is open that has to be settled before. */
function commitIfFree(transaction: Transaction): number | undefined {
  try {
    return transaction.commit(false);
  } catch (error) {
    if (hasCode(error, 'VARVE_BUSY')) return undefined;
    throw error;
  }
}

/** Resolves with the entries once they are persisted, or sees to it that they will be. */
function persisted(
  core: StreamCore,
  entries: Entry[],
  last: number,
  persists: boolean,
): Promise<Entry[]> | Entry[] {
  if (last === 0) return entries;
  if (!persists) {
    core.persister.soon();
    return entries;
  }
  return core.persister.whenAppended(last).then(() => entries);
}

function checked(core: StreamCore, body: unknown, options: PublishOptions | undefined): boolean {
  if (typeof body !== 'function') {
    throw typeError(`Cannot run ${typeof body} as a transaction: it must be a function`);
  }
  core.assertWritable();
  return persistsBeforeDone(options);
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}
