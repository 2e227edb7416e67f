import { rangeError, typeError, VarveError } from '../base/errors.js';
import type { StreamCore } from '../core/stream-core.js';
import { type Committed, PARTS_MAX, type Part, transact } from '../core/transaction.js';
import { bytesOf, type Data, partsOf } from './data.js';
import type { Entry } from './entry.js';
import { assertOptions, type PublishOptions, persistsBeforeDone, timestampOption } from './options.js';
import { Region } from './region.js';

/** How to append within a transaction. */
export interface TransactionAppendOptions {
  /** Only if the region's last entry before the transaction has this timestamp (0: if it had none); else `VARVE_CONFLICT`, and nothing is committed. */
  expectedLast?: number;
}

/** Collects what is to be committed together. Made by `stream.transaction`. */
export class Transaction {
  readonly #core: StreamCore;
  readonly #parts: Part[] = [];
  readonly #regions: Region[] = [];
  #ended = false;

  /** @internal */
  constructor(core: StreamCore) {
    this.#core = core;
  }

  /**
   * Adds an entry. The data is copied; nothing is stored before the transaction's function is done.
   *
   * @param region of the same stream; one may take several entries
   * @throws VARVE_CLOSED once that function is done, VARVE_REGION_FREED, TypeError, RangeError
   */
  append(region: Region, data: Data, options?: TransactionAppendOptions): void {
    this.#add(region, typeof data === 'string' ? Buffer.from(data) : bytesOf(data).slice(), options);
  }

  /** As `append`, for parts that become one entry. */
  appendv(region: Region, parts: readonly Data[], options?: TransactionAppendOptions): void {
    this.#add(region, new Uint8Array(Buffer.concat(partsOf(parts))), options);
  }

  #add(region: Region, data: Uint8Array, options: TransactionAppendOptions | undefined): void {
    if (this.#ended) throw new VarveError('VARVE_CLOSED', 'The transaction has ended: begin another one');
    assertOptions(options);
    const expected = options?.expectedLast;
    if (!(region instanceof Region))
      throw typeError('Cannot append to anything but a region in a transaction');
    const log = region.logOf(this.#core);
    if (this.#parts.length === PARTS_MAX)
      throw rangeError(`A transaction takes at most ${PARTS_MAX} entries`);
    this.#parts.push({
      region: log,
      data,
      expectedLast: expected === undefined ? undefined : timestampOption(expected, 'expectedLast'),
    });
    this.#regions.push(region);
  }

  /** @internal Nothing can be added any more. */
  end(): void {
    this.#ended = true;
  }

  /** @internal Commits what was collected; `waits` says whether it may block for slots of other threads. */
  commit(waits: boolean): Entry[] {
    if (this.#parts.length === 0) return [];
    return transact(this.#core, this.#parts, waits).map((each, i) => this.#entryOf(each, i));
  }

  /** @internal Resolves when a commit that met an open slot may be tried again. */
  async slotsSettled(): Promise<void> {
    const waiting = this.#parts.map(({ region }) => region.appender.reservations).filter(({ none }) => !none);
    await Promise.race(waiting.map((reservations) => reservations.settled()));
  }

  #entryOf(committed: Committed, i: number): Entry {
    return (this.#regions[i] as Region).entryAt(committed);
  }
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
  const entries = transaction.commit(true);
  if (entries.length === 0) return entries;
  if (persists) core.persister.drainSync(core.persister.prepare());
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
  let entries = commitIfFree(transaction);
  while (entries === undefined) {
    await transaction.slotsSettled();
    entries = commitIfFree(transaction);
  }
  return persisted(core, entries, persists);
}

/** Undefined if a slot is open that has to be settled before. */
function commitIfFree(transaction: Transaction): Entry[] | undefined {
  try {
    return transaction.commit(false);
  } catch (error) {
    if (error instanceof VarveError && error.code === 'VARVE_BUSY') return undefined;
    throw error;
  }
}

/** Resolves with the entries once they are persisted, or sees to it that they will be. */
function persisted(core: StreamCore, entries: Entry[], persists: boolean): Promise<Entry[]> | Entry[] {
  const last = entries.at(-1);
  if (last === undefined) return entries;
  if (!persists) {
    core.persister.soon();
    return entries;
  }
  return new Promise((resolve, reject) => {
    core.persister.whenAppended(last.timestamp, entries, resolve, reject);
  });
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
