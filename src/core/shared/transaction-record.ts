import { strideAt } from '../../format/entry.js';
import { ENTRY } from '../../format/layout.js';
import type { Window } from '../../media/window.js';
import type { Part } from '../transaction.js';
import {
  BOARD,
  type Board,
  heldTimestamp,
  publish,
  REGION,
  SHARE,
  storeTimestamp,
  TOGETHER,
  TRANSACTION,
  UNIT,
  UNIT_SHIFT,
} from './board.js';
import type { CommitRecord } from './commit-record.js';
import type { SharedLog } from './shared-log.js';

/** What a transaction does in one region: its entries stand in `window` from the region's tail on, one behind the other. */
export interface Share {
  readonly log: SharedLog;
  readonly window: Window;
  /** Where they begin and end in the region, in bytes. */
  readonly from: number;
  readonly end: number;
  /** How many there are. */
  readonly entries: number;
  /** The transaction's last entry here; it has its timestamp once it is noted. */
  readonly last: Part;
}

/** Entries on the medium, without valid checksums as long as that is to be done: [from, to) in bytes. */
export interface Unsealed {
  readonly from: number;
  readonly to: number;
  readonly seed: number;
}

/** Stores the checksums of entries on the medium, which another thread may have put there. May be done again. */
export type SealOnMedium = (entries: Unsealed) => void;

/**
 * The transaction that is being committed, as the board holds it: what it changes in each region is noted first, and then done, so that a thread
 * that dies within it leaves all of it or nothing. All under the commit lock.
 *
 * It counts from the store into `redo` on. Where entries have to be written for other threads to read them, nothing that is written before can
 * be taken for an entry: the checksums are wrong. The right ones are the first thing that is done once it counts, by whomever. So there never is
 * a part of a transaction that does not count, whose timestamp another entry would get.
 */
export class TransactionRecord {
  readonly #words: Int32Array;
  readonly #at: number;
  readonly #record: CommitRecord;
  readonly #sealOnMedium: SealOnMedium;

  constructor(board: Board, record: CommitRecord, sealOnMedium: SealOnMedium) {
    this.#words = board.words;
    this.#at = board.transaction;
    this.#record = record;
    this.#sealOnMedium = sealOnMedium;
  }

  /** True if a transaction counts that is not carried out. */
  get isUnderWay(): boolean {
    return this.#words[BOARD.redo] === TOGETHER;
  }

  /** Writes down what the transaction will change. */
  note(shares: readonly Share[], first: number, last: number): void {
    const words = this.#words;
    const at = this.#at;
    words[at + TRANSACTION.count] = shares.length;
    words[at + TRANSACTION.written] = 0;
    storeTimestamp(words, at + TRANSACTION.first, first);
    storeTimestamp(words, at + TRANSACTION.last, last);
    for (const [i, share] of shares.entries()) this.#noteShare(this.#shareAt(i), share);
  }

  #noteShare(at: number, { log, end, entries, last }: Share): void {
    const words = this.#words;
    words[at + SHARE.region] = log.line;
    words[at + SHARE.tail] = end >>> UNIT_SHIFT;
    words[at + SHARE.entries] = (words[log.line + REGION.entries] as number) + entries;
    storeTimestamp(words, at + SHARE.last, last.timestamp);
    storeTimestamp(words, at + SHARE.ground, log.offset);
    words[at + SHARE.seed] = log.seed | 0;
  }

  /** Takes the entries to where other threads find them, with wrong checksums. It may throw: then nothing has happened. */
  write(shares: readonly Share[]): void {
    for (const { log, window, from, end } of shares) {
      const { host, seed, extent } = log.region;
      host.kernel.seal(window, from, end, seed);
      spoil(window, from, end);
      extent.put?.(window, from, end);
    }
    this.#words[this.#at + TRANSACTION.written] = 1;
  }

  /** From here on what was noted counts. */
  carryOut(): void {
    const words = this.#words;
    // Readers wait from before the first tail moves until after the last one has.
    words[BOARD.intent] = TOGETHER;
    words[BOARD.redo] = TOGETHER;
    this.finish();
  }

  /** Does what was noted; doing it twice is doing it once. */
  finish(): void {
    const words = this.#words;
    const at = this.#at;
    const count = words[at + TRANSACTION.count] as number;
    if (words[at + TRANSACTION.written] !== 0) for (let i = 0; i < count; i++) this.#seal(this.#shareAt(i));
    const first = heldTimestamp(words, at + TRANSACTION.first);
    for (let i = 0; i < count; i++) {
      const share = this.#shareAt(i);
      this.#record.advance(
        words[share + SHARE.region] as number,
        words[share + SHARE.tail] as number,
        words[share + SHARE.entries] as number,
        first,
        heldTimestamp(words, share + SHARE.last),
      );
    }
    storeTimestamp(words, BOARD.last, heldTimestamp(words, at + TRANSACTION.last));
    words[BOARD.redo] = 0;
    publish(words, BOARD.intent, 0);
  }

  /** Where a region's tail has moved already, there is nothing left to seal. */
  #seal(share: number): void {
    const words = this.#words;
    const region = words[share + SHARE.region] as number;
    const ground = heldTimestamp(words, share + SHARE.ground);
    const tail = words[share + SHARE.tail] as number;
    const from = ground + (words[region + REGION.tail] as number) * UNIT;
    const to = ground + tail * UNIT;
    if (from === to) return;
    this.#sealOnMedium({ from, to, seed: (words[share + SHARE.seed] as number) >>> 0 });
    words[region + REGION.sealed] = tail;
  }

  #shareAt(index: number): number {
    return this.#at + TRANSACTION.size + index * SHARE.size;
  }
}

/** Makes the checksums in [from, end) certainly wrong. */
function spoil({ words, start }: Window, from: number, end: number): void {
  for (let at = from; at < end; ) {
    const word = (at - start) >>> 2;
    words[word + ENTRY.checksumWord] = ~(words[word + ENTRY.checksumWord] as number);
    at += strideAt(words, word);
  }
}
