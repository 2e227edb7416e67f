import { hasCode, rangeError, typeError, VarveError } from '../base/errors.js';
import type { StreamCore } from '../core/stream-core.js';
import { type Committed, PARTS_MAX, type Part, transact } from '../core/transaction.js';
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

/** What a transaction has come to. */
interface Outcome {
  readonly entries: Entry[];
  /** The newest timestamp that it was given, be it an acknowledgement's; 0 if there was nothing to commit. */
  readonly last: number;
}

/** Collects what is to be committed together. Made by `stream.transaction`. */
export class Transaction {
  readonly #core: StreamCore;
  readonly #shares: Share[] = [];
  /** Which of them is that of a region, a log or a journal. */
  readonly #indexes = new Map<object, number>();
  /** Whose entries they are, in the order in which they were added. */
  readonly #order: number[] = [];
  /** What was appended to last: often that is appended to next. */
  #target: object | undefined;
  #index = 0;
  #ended = false;

  /** @internal */
  constructor(core: StreamCore) {
    this.#core = core;
  }

  /**
   * Adds an entry. The data is copied; nothing is stored before the transaction's function is done.
   *
   * @param target a region or log of the same stream; one may take several entries
   * @throws VARVE_CLOSED once that function is done, VARVE_REGION_FREED, TypeError, RangeError
   */
  append(target: Region | Log, data: Data, options?: TransactionAppendOptions): void {
    this.#add(target, [bytesOf(data)], options);
  }

  /** As `append`, for parts that become one entry. */
  appendv(target: Region | Log, parts: readonly Data[], options?: TransactionAppendOptions): void {
    this.#add(target, partsOf(parts), options);
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
    const index = this.#indexes.get(journal) ?? this.#enter(journal, new JournalShare(journal));
    (this.#shares[index] as JournalShare).acknowledge(consumer, changeFor);
  }

  #add(
    target: Region | Log,
    parts: readonly Uint8Array[],
    options: TransactionAppendOptions | undefined,
  ): void {
    this.#assertCollects();
    assertOptions(options);
    const expected = options?.expectedLast;
    const expectedLast = expected === undefined ? undefined : timestampOption(expected, 'expectedLast');
    const index = this.#indexOf(target);
    const share = this.#shares[index] as Share;
    if (this.#order.length === PARTS_MAX) {
      throw rangeError(`A transaction takes at most ${PARTS_MAX} entries`);
    }
    share.add({ data: copyBehind(share.before, parts), expectedLast });
    this.#order.push(index);
  }

  #indexOf(target: Region | Log): number {
    if (target === this.#target) return this.#index;
    if (!(target instanceof Region || target instanceof Log)) {
      throw typeError('Cannot append to anything but a region or a log in a transaction');
    }
    this.#index = this.#indexes.get(target) ?? this.#enter(target, target.shareIn(this.#core));
    this.#target = target;
    return this.#index;
  }

  #enter(target: object, share: Share): number {
    const index = this.#shares.push(share) - 1;
    this.#indexes.set(target, index);
    return index;
  }

  #assertCollects(): void {
    if (this.#ended) throw new VarveError('VARVE_CLOSED', 'The transaction has ended: begin another one');
  }

  /** @internal Nothing can be added any more. */
  end(): void {
    this.#ended = true;
  }

  /** @internal Commits what was collected; `waits` says whether it may block for slots of other threads. */
  commit(waits: boolean): Outcome {
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
  #try(waits: boolean): Outcome {
    const given = this.#shares.map((share) => share.parts(waits));
    const taken = given.map(() => 0);
    const parts: Part[] = [];
    for (const index of this.#order) {
      const next = taken[index] as number;
      parts.push(given[index]?.[next] as Part);
      taken[index] = next + 1;
    }
    given.forEach((its, index) => {
      for (let i = taken[index] as number; i < its.length; i++) parts.push(its[i] as Part);
    });
    if (parts.length === 0) return { entries: [], last: 0 };
    const committed = transact(this.#core, parts, waits);
    return { entries: this.#entries(committed), last: committed.at(-1)?.timestamp ?? 0 };
  }

  #entries(committed: readonly Committed[]): Entry[] {
    for (const share of this.#shares) share.done();
    return this.#order.map((index, i) => (this.#shares[index] as Share).entryOf(committed[i] as Committed));
  }
}

/** A copy of the parts, one behind the other, with room for `before` bytes before them. */
function copyBehind(before: number, parts: readonly Uint8Array[]): Uint8Array {
  const copy = new Uint8Array(before + sizeOf(parts));
  let at = before;
  for (const part of parts) {
    copy.set(part, at);
    at += part.length;
  }
  return copy;
}

/** Runs a transaction whose function collects at once. */
export function runTransactionSync(
  core: StreamCore,
  body: (transaction: Transaction) => unknown,
  options: PublishOptions | undefined,
): Entry[] {
  const persists = checked(core, body, options);
  const transaction = new Transaction(core);
  try {
    if (isThenable(body(transaction))) {
      throw typeError('Cannot wait for a promise in transactionSync: use transaction');
    }
  } finally {
    transaction.end();
  }
  const { entries, last } = transaction.commit(true);
  if (last === 0) return entries;
  if (persists) core.persister.persistOwn();
  else core.persister.soon();
  return entries;
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
  const transaction = new Transaction(core);
  try {
    const collected = body(transaction);
    if (isThenable(collected)) await collected;
  } finally {
    transaction.end();
  }
  let outcome = commitIfFree(transaction);
  while (outcome === undefined) {
    await transaction.slotsSettled();
    outcome = commitIfFree(transaction);
  }
  return persisted(core, outcome, persists);
}

/** Undefined if a slot is open that has to be settled before. */
function commitIfFree(transaction: Transaction): Outcome | undefined {
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
  { entries, last }: Outcome,
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
