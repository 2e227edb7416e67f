import type { VarveError } from '../../base/errors.js';
import { Window } from '../../media/window.js';
import { goneBefore } from '../append-errors.js';
import { MARK_SPAN } from '../checkpoint.js';
import type { Agreement } from '../herald.js';
import type { RegionWatch } from '../region-host.js';
import type { RegionLog } from '../region-log.js';
import type { Steps } from '../steps.js';
import { takeSync } from '../steps.js';
import type { StreamCore } from '../stream-core.js';
import { refreshStructure } from '../structure-refresh.js';
import type { TableSlot } from '../table-slots.js';
import type { Part } from '../transaction.js';
import { agreementOf } from './agreement.js';
import { BOARD, type Board, REGION, readTimestamp, storeTimestamp, UNIT, UNIT_SHIFT } from './board.js';
import type { Written } from './commit-record.js';
import { Committer } from './committer.js';
import { GroupCommit } from './group.js';
import { Lines } from './lines.js';
import { SharedLock } from './lock.js';
import { NewsPump } from './news-pump.js';
import { SharedLog } from './shared-log.js';
import { SharedTransaction } from './shared-transaction.js';
import type { Threads } from './threads.js';
import type { Unsealed } from './transaction-record.js';

/**
 * One thread's part in a stream that several threads have open (docs/decisions/0008-threads.md). What they must agree on stands on the
 * board; everything else each thread reads from the medium, into tables and regions of its own.
 */
export class Sharing {
  readonly board: Board;
  readonly threads: Threads;
  readonly committer: Committer;
  readonly group: GroupCommit;
  readonly news: NewsPump;
  /** True if other threads see what was stored only once it is written. */
  readonly writesThrough: boolean;
  readonly #core: StreamCore;
  readonly #words: Int32Array;
  readonly #structure: SharedLock;
  readonly #lines: Lines;
  readonly #logs = new Map<number, SharedLog>();
  /** The structure that this thread's tables show. */
  #seen = 0;

  constructor(core: StreamCore, board: Board, threads: Threads) {
    this.#core = core;
    this.board = board;
    this.#words = board.words;
    this.threads = threads;
    this.writesThrough = core.medium.kind === 'file';
    this.committer = new Committer(
      board,
      threads,
      core.clock,
      (written) => this.#wasWritten(written),
      (entries) => this.#sealOnMedium(entries),
    );
    this.group = new GroupCommit(this, core.medium);
    this.news = new NewsPump(board.words);
    this.#structure = new SharedLock(board.words, BOARD.structureLock, this.threads);
    this.#lines = new Lines(board, core.prefix.data.blockSize);
  }

  /** Writes everything that this thread alone knew on the board: from now on others may attach. */
  begin(): void {
    const { clock, regions } = this.#core;
    storeTimestamp(this.#words, BOARD.last, clock.last);
    storeTimestamp(this.#words, BOARD.persisted, clock.persisted);
    storeTimestamp(this.#words, BOARD.limit, clock.limit);
    for (const region of regions.values()) this.#lines.begin(region);
    this.#adopt();
    const { herald } = this.#core.persister;
    if (herald === undefined) return;
    Atomics.store(this.#words, BOARD.toldStructure, -herald.structure | 0);
    herald.share(this.agreement);
  }

  /**
   * Takes part in what others have begun. The core has just been read; the structure lock is held.
   *
   * @param abandoned true if the thread that had the lock before died in the midst of a change
   */
  join(abandoned: boolean): void {
    this.#seen = Atomics.load(this.#words, BOARD.structure);
    this.pull();
    this.#adopt();
    for (const log of this.#logs.values()) log.reservations.begin();
    if (abandoned) this.#mend();
    if (this.#core.medium.slow) this.#storeAgain();
  }

  /** Commits entries together; `waits` says whether it may block for slots of other threads. */
  transact(parts: readonly Part[], waits: boolean): void {
    new SharedTransaction(this, parts).commit(waits);
  }

  /** The append side of a region. */
  log(region: RegionLog): SharedLog {
    if (region.appender instanceof SharedLog) return region.appender;
    const line = this.#lines.of(region.slot);
    let log = this.#logs.get(line);
    if (log === undefined || log.region !== region) {
      log = new SharedLog(region, line, this);
      this.#logs.set(line, log);
    }
    return log;
  }

  /** The append side of the region with this line; undefined if there is none any more. */
  logAt(line: number): SharedLog | undefined {
    if (!this.current) this.refresh();
    return this.#logs.get(line);
  }

  /** True if this thread knows of every change of structure. */
  get current(): boolean {
    return this.#words[BOARD.structure] === this.#seen;
  }

  /** Waits until no change of structure is under way, and learns of those that there were. */
  refresh(): void {
    this.#enter();
    this.#structure.release();
  }

  /** Takes steps that change the structure as no other thread does meanwhile. They are all to be taken without a turn of the event loop. */
  *exclusively<T>(steps: Steps<T>): Steps<T> {
    this.#enter();
    try {
      return yield* steps;
    } finally {
      this.#leave();
    }
  }

  /** Gets a further supply of timestamps, for `count` entries at least, unless another thread did just now. True: it is time to try again. */
  supply(count = 1): true {
    if (this.committer.last + count >= readTimestamp(this.#words, BOARD.limit))
      this.#core.supplyTimestamps(count);
    return true;
  }

  /** What tells a reader of this thread that another one has cleared or freed a region. */
  watch(slot: TableSlot): RegionWatch {
    return this.#lines.watch(this.#lines.of(slot));
  }

  /** Takes over into this thread's clock how far the stream has come. */
  pull(): void {
    this.committer.awaitIntent();
    const durable = this.group.durable;
    this.#core.clock.pull(this.committer.last, durable, readTimestamp(this.#words, BOARD.limit));
  }

  /** As `pull`, when how far everything is durable was found out anew. */
  settle(): void {
    if (!this.#core.medium.volatile) this.committer.settleDurable();
    this.pull();
  }

  /**
   * What a checkpoint writes down: takes over the ends of all regions with entries behind their marks, and the newest timestamp, as they are at
   * one moment. Returns the timestamp.
   */
  snapshot(): number {
    this.committer.enter();
    try {
      this.pull();
      for (const line of this.board.unmarked.all()) {
        const log = this.#logs.get(line);
        if (log === undefined) continue;
        log.pull();
        this.#core.checkpointer.noteUnmarked(log.region);
      }
      return this.#core.clock.last;
    } finally {
      this.committer.leave();
    }
  }

  /**
   * Keeps all threads from appending to a region whose entries are about to go.
   *
   * @throws VARVE_BUSY if another thread has a slot open in it
   */
  freeze(region: RegionLog): void {
    const log = this.log(region);
    log.take();
    try {
      if (region.hidden !== undefined) log.reservations.assertNothingExpected();
      log.reservations.abandon();
      Atomics.store(this.#words, BOARD.changing, log.line);
      Atomics.store(this.#words, log.line + REGION.changing, 1);
      log.pull();
    } finally {
      log.lock.release();
    }
    this.pull();
  }

  /** The record of a region says something new: it was allocated, cleared or freed. */
  changed(region: RegionLog): void {
    const log = this.log(region);
    log.take();
    this.committer.enter();
    this.#lines.restart(region);
    this.committer.leave();
    this.#seen = Atomics.add(this.#words, BOARD.structure, 1) + 1;
    Atomics.store(this.#words, log.line + REGION.changing, 0);
    Atomics.store(this.#words, BOARD.changing, 0);
    log.lock.release();
    log.reservations.fail(goneBefore(region));
    log.wake();
    this.news.tell();
    log.adopted = -1;
    if (!region.freed) this.#adoptRegion(region);
  }

  /** Something was committed. */
  committed(log: SharedLog): void {
    this.group.touched(log);
    this.news.tellIfAwaited();
    const { persister } = this.#core;
    persister.noticeAppend();
    const span = log.heldTail - (this.#words[log.line + REGION.mark] as number) * UNIT;
    if (span > MARK_SPAN) this.#checkpointSoon(log);
  }

  #checkpointSoon(log: SharedLog): void {
    // Until it is done, this thread is not to ask for it again.
    this.#words[log.line + REGION.mark] = log.tail >>> UNIT_SHIFT;
    queueMicrotask(() => this.#core.checkpointSoon());
  }

  /** This thread acknowledges an entry: everything up to its timestamp is durable. */
  acknowledged(timestamp: number): void {
    this.#core.persister.herald?.acknowledged(timestamp);
  }

  /** Throws if nothing can be acknowledged any more. */
  assertSound(): void {
    this.#core.assertUnpoisoned();
  }

  get poisoned(): boolean {
    return this.#words[BOARD.poisoned] !== 0;
  }

  /** Nothing can be acknowledged any more, in no thread. */
  poison(): void {
    Atomics.store(this.#words, BOARD.poisoned, 1);
    this.news.tell();
  }

  /** Readers of other processes are told by this thread, too: always what all threads agree on. */
  get agreement(): Agreement {
    return agreementOf(this.committer, this.#words, this.#core.clock.start, this.threads.line);
  }

  /** Cancels what this thread has open. What it has published behind places of others is theirs to commit: nobody here waits for it any more. */
  cancelOpen(reason: VarveError): void {
    for (const log of this.#logs.values()) log.reservations.end(reason);
  }

  /** Takes this thread out. Where it is the last one, nobody can attach any more, and it takes these steps; true then. */
  *leaving(steps: Steps<void>): Steps<boolean> {
    this.#enter();
    try {
      const last = this.threads.alone;
      this.threads.prepareToLeave();
      if (last) {
        Atomics.store(this.#words, BOARD.closed, 1);
        yield* steps;
      }
      return last;
    } finally {
      this.#leave();
    }
  }

  #enter(): void {
    const abandoned = this.#structure.acquire() === 'abandoned';
    try {
      this.#catchUp(abandoned);
    } catch (error) {
      const poison = this.#core.poison(error);
      this.#structure.release();
      throw poison;
    }
  }

  #catchUp(abandoned: boolean): void {
    if (!this.current || abandoned) {
      refreshStructure(this.#core);
      this.#seen = Atomics.load(this.#words, BOARD.structure);
      this.#adopt();
    }
    this.pull();
    if (abandoned) this.#mend();
  }

  #leave(): void {
    const { clock } = this.#core;
    this.committer.enter();
    storeTimestamp(this.#words, BOARD.limit, clock.limit);
    this.board.unmarked.prune((line) => this.#lines.isUnmarked(line, this.#logs.get(line)?.region));
    this.committer.leave();
    this.#seen = Atomics.add(this.#words, BOARD.structure, 1) + 1;
    this.#structure.release();
  }

  /** A thread died in the midst of a change: makes of it what a recovery would, and what it had begun counts as far as records say so. */
  #mend(): void {
    const core = this.#core;
    this.#seen = Atomics.add(this.#words, BOARD.structure, 1) + 1;
    for (const region of core.regions.values()) if (!this.#lines.isOf(region)) this.changed(region);
    this.#endChange(Atomics.load(this.#words, BOARD.changing));
    takeSync(core.mend(), core.medium);
  }

  /** This thread's opens of the file are not told of a sync that failed before: whatever is in doubt for it is to be synced once more. */
  #storeAgain(): void {
    this.committer.enter();
    const lines = this.board.dirty.all();
    this.committer.leave();
    for (const line of lines) {
      const log = this.#logs.get(line);
      if (log === undefined) continue;
      log.take();
      log.durability.storeAgain();
      log.lock.release();
    }
  }

  /** A region was being cleared or freed, and its record says by now whether it was: if none speaks of it, it was freed. */
  #endChange(line: number): void {
    if (line === 0) return;
    const isThere = [...this.#core.regions.values()].some(({ slot }) => this.#lines.of(slot) === line);
    if (!isThere) {
      this.committer.enter();
      this.#lines.end(line);
      this.committer.leave();
    }
    Atomics.store(this.#words, line + REGION.changing, 0);
    Atomics.store(this.#words, BOARD.changing, 0);
  }

  /** Has all regions of this thread look at the board. */
  #adopt(): void {
    for (const region of this.#core.regions.values()) this.#adoptRegion(region);
  }

  #adoptRegion(region: RegionLog): void {
    const log = this.log(region);
    if (log.adopted === region.life) return;
    region.share(log, (this.#words[log.line + REGION.ownFrom] as number) * UNIT);
    log.adopted = region.life;
    log.pull();
  }

  /** True if what was to be written is there, and whole. It is told by the commit itself where that is: this thread may not know the region. */
  #wasWritten({ from, to, seed, timestamp }: Written): boolean {
    const bytes = this.#core.medium.peek?.(from, to - from);
    if (bytes === undefined) return false;
    const window = new Window(bytes, 0);
    const { end } = this.#core.kernel.walk(window, 0, to - from, seed, timestamp - 1, timestamp + 1);
    return end === to - from;
  }

  /** As above, it is told where that is. What counts and cannot be written will never be durable. */
  #sealOnMedium({ from, to, seed }: Unsealed): void {
    const { kernel, medium } = this.#core;
    try {
      const bytes = medium.peek?.(from, to - from);
      if (bytes === undefined) return;
      kernel.seal(new Window(bytes, 0), 0, bytes.length, seed);
      medium.poke?.(from, bytes);
    } catch (error) {
      throw this.#core.poison(error);
    }
  }
}
