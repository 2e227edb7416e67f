import { full, fullBehind } from '../append-errors.js';
import { type Part, storeAt } from '../transaction.js';
import type { SharedLog } from './shared-log.js';
import type { Sharing } from './sharing.js';
import type { Share } from './transaction-record.js';

/** A region's share, before it has a place. */
interface Wanted {
  readonly log: SharedLog;
  readonly parts: Part[];
  /** Bytes that they take. */
  bytes: number;
}

/**
 * A transaction of a stream that several threads have open. The locks of all its regions are held for the whole of it, taken in the order of
 * their lines on the board: whoever else holds one of them either holds no other, or takes further ones in that order.
 */
export class SharedTransaction {
  readonly #sharing: Sharing;
  readonly #parts: readonly Part[];
  /** In the order of the regions' lines. */
  readonly #wanted: readonly Wanted[];

  constructor(sharing: Sharing, parts: readonly Part[]) {
    this.#sharing = sharing;
    this.#parts = parts;
    const byLine = new Map<number, Wanted>();
    for (const part of parts) {
      const { region } = part.target;
      // Another region may have its line by now.
      region.assertAlive();
      const log = sharing.log(region);
      const wanted = byLine.get(log.line) ?? { log, parts: [], bytes: 0 };
      byLine.set(log.line, wanted);
      wanted.parts.push(part);
      wanted.bytes += part.stride;
    }
    this.#wanted = [...byLine.values()].sort((a, b) => a.log.line - b.log.line);
  }

  /**
   * Commits it, once no place is open in any of its regions.
   *
   * @param waits true to block as long as one of another thread is
   * @throws VARVE_BUSY if one of this thread is, or need not be waited for; and what an append throws
   */
  commit(waits: boolean): void {
    for (;;) {
      this.#enter();
      let blocked: SharedLog | undefined;
      try {
        blocked = this.#assertFree();
        if (blocked === undefined) {
          this.#assertFits();
          if (this.#tryCommit()) return;
        }
      } finally {
        this.#leave();
      }
      if (blocked === undefined) this.#sharing.supply(this.#parts.length);
      else if (waits) blocked.reservations.awaitNone();
      else blocked.reservations.assertSettled();
    }
  }

  /** Takes all locks, when no region is about to be cleared or freed. */
  #enter(): void {
    this.#take();
    while (!this.#wanted.every(({ log }) => log.isSteady)) {
      this.#leave();
      this.#sharing.refresh();
      this.#take();
    }
  }

  #take(): void {
    let taken = 0;
    try {
      for (const { log } of this.#wanted) {
        log.take();
        taken++;
      }
    } catch (error) {
      for (const { log } of this.#wanted.slice(0, taken)) log.lock.release();
      throw error;
    }
  }

  #leave(): void {
    for (const { log } of this.#wanted) log.lock.release();
  }

  /** Returns a region in which another thread has a place open. */
  #assertFree(): SharedLog | undefined {
    let blocked: SharedLog | undefined;
    for (const { log } of this.#wanted) {
      log.region.assertAlive();
      log.region.host.assertWritable();
      if (log.reserved === log.heldTail) continue;
      log.reservations.assertNoneOpenOfMine(log.reserved);
      blocked = log;
    }
    return blocked;
  }

  /** Throws what the first part does that cannot be appended. */
  #assertFits(): void {
    const ends = new Map<SharedLog, number>();
    for (const { target, size, stride, expectedLast } of this.#parts) {
      const { region } = target;
      const log = this.#sharing.log(region);
      const before = ends.get(log) ?? log.heldTail;
      const end = before + stride;
      if (region.ended) throw full(region, size, 0);
      if (end > region.length) throw fullBehind(region, before, size);
      if (expectedLast !== undefined) log.assertLast(expectedLast);
      ends.set(log, end);
    }
  }

  /** False if a supply of timestamps is needed first. */
  #tryCommit(): boolean {
    const shares = this.#wanted.map((wanted) => stored(wanted));
    const first = this.#sharing.committer.commitTogether(this.#parts, shares, this.#sharing.writesThrough);
    if (first === 0) return false;
    // The last one's timestamp is to be what this thread has committed last.
    for (const share of shares.sort((a, b) => a.last.timestamp - b.last.timestamp)) {
      share.log.lastTimestamp = share.last.timestamp;
      this.#sharing.committed(share.log);
    }
    return true;
  }
}

/** Stores the payloads of a region's parts behind its tail. */
function stored({ log, parts, bytes }: Wanted): Share {
  const from = log.heldTail;
  const window = log.region.extent.write(from, bytes);
  let position = from;
  for (const part of parts) {
    storeAt(part, window, position);
    position += part.stride;
  }
  const last = parts.at(-1) as Part;
  return { log, window, from, end: position, entries: parts.length, last };
}
