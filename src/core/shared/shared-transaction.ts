import { strideOf } from '../../format/entry.js';
import { ENTRY } from '../../format/layout.js';
import { full, fullBehind } from '../append-errors.js';
import type { Committed, Part, Placed } from '../transaction.js';
import type { SharedLog } from './shared-log.js';
import type { Sharing } from './sharing.js';
import type { Share } from './transaction-record.js';

/** A region's share, before it has a place. */
interface Wanted {
  readonly log: SharedLog;
  /** Its parts, by their places among all of them. */
  readonly parts: number[];
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
    for (const [i, { region, data }] of parts.entries()) {
      // Another region may have its line by now.
      region.assertAlive();
      const log = sharing.log(region);
      const wanted = byLine.get(log.line) ?? { log, parts: [], bytes: 0 };
      byLine.set(log.line, wanted);
      wanted.parts.push(i);
      wanted.bytes += strideOf(data.length);
    }
    this.#wanted = [...byLine.values()].sort((a, b) => a.log.line - b.log.line);
  }

  /**
   * Commits it, once no place is open in any of its regions.
   *
   * @param waits true to block as long as one of another thread is
   * @throws VARVE_BUSY if one of this thread is, or need not be waited for; and what an append throws
   */
  commit(waits: boolean): Committed[] {
    for (;;) {
      this.#enter();
      let blocked: SharedLog | undefined;
      try {
        blocked = this.#assertFree();
        if (blocked === undefined) {
          this.#assertFits();
          const placed = this.#tryCommit();
          if (placed !== undefined) return placed;
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
    for (const { region, data, expectedLast } of this.#parts) {
      const log = this.#sharing.log(region);
      const before = ends.get(log) ?? log.heldTail;
      const end = before + strideOf(data.length);
      if (region.ended) throw full(region, data.length, 0);
      if (end > region.length) throw fullBehind(region, before, data.length);
      if (expectedLast !== undefined) log.assertLast(expectedLast);
      ends.set(log, end);
    }
  }

  /** Undefined if a supply of timestamps is needed first. */
  #tryCommit(): Committed[] | undefined {
    const placed: Placed[] = [];
    const shares = this.#wanted.map((wanted) => this.#store(wanted, placed));
    const first = this.#sharing.committer.commitTogether(placed, shares, this.#sharing.writesThrough);
    if (first === 0) return undefined;
    // The last one's timestamp is to be what this thread has committed last.
    for (const { log, last } of shares.sort((a, b) => a.last - b.last)) {
      log.lastTimestamp = first + last;
      this.#sharing.committed(log);
    }
    return placed;
  }

  /** Stores the payloads of a region's parts behind its tail. */
  #store({ log, parts, bytes }: Wanted, placed: Placed[]): Share {
    const from = log.heldTail;
    const window = log.region.extent.write(from, bytes);
    let position = from;
    for (const i of parts) {
      const { region, data } = this.#parts[i] as Part;
      window.bytes.set(data, position - window.start + ENTRY.header);
      placed[i] = { region, window, position, size: data.length, timestamp: 0 };
      position += strideOf(data.length);
    }
    const last = parts.at(-1) as number;
    return { log, window, from, end: position, entries: parts.length, last };
  }
}
