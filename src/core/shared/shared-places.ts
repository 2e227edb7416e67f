import { VarveError } from '../../base/errors.js';
import { strideOf, timestampAt } from '../../format/entry.js';
import { ENTRY } from '../../format/layout.js';
import { type Extent, freshWindow } from '../../media/medium.js';
import { goneBefore, openBefore } from '../append-errors.js';
import type { Places } from '../appender.js';
import { type Place, storeParts } from '../reservations.js';
import { Expectations } from './expectations.js';
import { Mark, marksIn, type PlaceMark, storeMark } from './place-marks.js';
import type { SharedLog } from './shared-log.js';
import type { Sharing } from './sharing.js';

/** How long somebody waits for a place before his own until he looks whether its thread is alive. Milliseconds. */
const PATIENCE = 50;

/** The places of a region in all threads. What this thread waits for, it keeps by position. */
export class SharedPlaces implements Places {
  readonly #log: SharedLog;
  readonly #sharing: Sharing;
  /** Places of this thread that are not settled. */
  readonly #own = new Map<number, Place>();
  readonly #expectations: Expectations;
  #life = 0;
  #watching = false;

  constructor(log: SharedLog, sharing: Sharing) {
    this.#log = log;
    this.#sharing = sharing;
    this.#expectations = new Expectations(sharing.board.words, log.line, sharing.threads);
  }

  /** Another thread may reserve a place at any time. */
  get none(): boolean {
    return false;
  }

  reserve(size: number): Place {
    const log = this.#log;
    log.enter(size);
    try {
      return this.#reserve(size, Mark.open);
    } finally {
      log.lock.release();
    }
  }

  /** Appends parts behind the places that are open, and waits until they are settled. Returns the settled place. */
  appendSync(parts: readonly Uint8Array[], size: number): Place {
    const log = this.#log;
    log.enter(size);
    let place: Place;
    try {
      this.assertNoneOpenOfMine(log.reserved);
      place = this.#reserve(size, Mark.open);
      storeParts(place, parts);
      this.#mark(place, Mark.published);
    } finally {
      log.lock.release();
    }
    let failure: VarveError | undefined;
    let timestamp = 0;
    place.onFailed = (error) => {
      failure = error;
    };
    place.onCommitted = (given) => {
      timestamp = given;
    };
    place.state = 'published';
    this.#waitFor(() => place.state !== 'published');
    if (failure !== undefined) throw failure;
    log.lastTimestamp = timestamp;
    return place;
  }

  assertFirst(place: Place): void {
    this.#log.take();
    try {
      this.assertNoneOpenOfMine(place.position);
    } finally {
      this.#log.lock.release();
    }
    this.#waitFor(() => place.state !== 'open' || this.#log.tail >= place.position);
  }

  awaitNone(): void {
    const reserved = this.#allReserved(true);
    this.#waitFor(() => this.#isSettled(reserved));
  }

  whenNone(then: () => void): void {
    const reserved = this.#allReserved(false);
    if (this.#isSettled(reserved)) then();
    else void this.#settledUpTo(reserved).then(then, then);
  }

  publish(place: Place, size: number): void {
    place.state = 'published';
    place.size = size;
    this.#change(place, Mark.published, strideOf(size));
  }

  cancel(place: Place): void {
    place.state = 'cancelled';
    this.#change(place, Mark.cancelled, 0);
  }

  /** Cancels the places of this thread that are open, so that what was published behind them is committed; who waits for others is told. */
  end(reason: VarveError): void {
    for (const place of [...this.#own.values()].reverse()) {
      if (place.state === 'open') this.cancel(place);
    }
    this.fail(reason);
  }

  settled(): Promise<void> {
    return this.#log.wait(this.#log.tail, PATIENCE);
  }

  /** What a thread before this one expected, in its line, nobody does. */
  begin(): void {
    this.#expectations.clear();
  }

  /**
   * Throws as long as a thread has yet to learn what became of its places.
   *
   * @throws VARVE_BUSY
   */
  assertNothingExpected(): void {
    this.#tellOwn();
    if (!this.#expectations.any) return;
    throw new VarveError(
      'VARVE_BUSY',
      `Cannot free region ${this.#log.region.slot.record.id} as a thread has a slot in it: publish or cancel that first`,
    );
  }

  /**
   * Gives up all places, of whichever thread, since the region's entries go. The lock is held.
   *
   * @throws VARVE_BUSY if another thread that lives has one open: it may be storing to it
   */
  abandon(): void {
    const log = this.#log;
    for (const mark of marksIn(log.region.extent, log.heldTail, log.reserved)) {
      const { state, thread } = mark;
      if (
        state !== Mark.open ||
        thread === this.#sharing.threads.me ||
        !this.#sharing.threads.isAlive(thread)
      )
        continue;
      throw new VarveError(
        'VARVE_BUSY',
        `Cannot clear or free region ${log.region.slot.record.id} as another thread has a slot open in it: publish or cancel that first`,
      );
    }
    log.reserved = log.heldTail;
  }

  /** Tells those who wait for places that went away with the region's entries. */
  fail(error: VarveError): void {
    for (const place of this.#own.values()) {
      place.state = 'cancelled';
      place.onFailed(error);
    }
    this.#own.clear();
    this.#expectations.end();
  }

  /** A thread died while it gave back what its last place does not use: the mark is to end where everything reserved ends. The lock is held. */
  trim(): void {
    const { tail, reserved, region } = this.#log;
    for (const mark of marksIn(region.extent, tail, reserved)) this.#restate(region.extent, mark, mark.state);
  }

  /** End of everything reserved. */
  #allReserved(blocking: boolean): number {
    const log = this.#log;
    log.take();
    try {
      if (blocking) this.assertNoneOpenOfMine(log.reserved);
      return log.reserved;
    } finally {
      log.lock.release();
    }
  }

  /** What a place at the end does not use is given back. */
  #isSettled(position: number): boolean {
    const { tail } = this.#log;
    return tail >= position || tail >= this.#log.reservedUpTo;
  }

  async #settledUpTo(position: number): Promise<void> {
    while (!this.#isSettled(position) && !this.#log.region.freed && !this.#sharing.threads.left) {
      const { tail } = this.#log;
      this.#settleAll();
      if (!this.#isSettled(position)) await this.#log.wait(tail, PATIENCE);
    }
  }

  #reserve(size: number, state: number): Place {
    const log = this.#log;
    if (log.life !== this.#life) this.fail(goneBefore(log.region));
    const position = log.reserved;
    const end = position + strideOf(size);
    const place: Place = {
      window: log.region.extent.write(position, end - position),
      position,
      end,
      size,
      state: 'open',
      onCommitted: () => {},
      onFailed: () => {},
    };
    this.#mark(place, state);
    log.reserved = end;
    this.#life = log.life;
    this.#own.set(position, place);
    this.#expectations.begin();
    return place;
  }

  #mark({ window, position, end, size }: Place, state: number): void {
    storeMark(window, { position, end, size, state, thread: this.#sharing.threads.me });
    this.#log.region.extent.put?.(window, position, state === Mark.open ? position + ENTRY.header : end);
  }

  #restate(extent: Extent, mark: PlaceMark, state: number): void {
    const window = freshWindow(extent, mark.position, ENTRY.header);
    storeMark(window, { ...mark, state });
    extent.put?.(window, mark.position, mark.position + ENTRY.header);
  }

  /** Where nothing was reserved behind the place, what it does not use is taken back. */
  #change(place: Place, state: number, used: number): void {
    const log = this.#log;
    log.take();
    try {
      if (log.life !== this.#life || !this.#own.has(place.position)) return;
      if (log.reserved === place.end) {
        log.reserved = place.position + used;
        place.end = log.reserved;
      }
      if (place.end > place.position) this.#mark(place, state);
      if (state === Mark.cancelled) this.#own.delete(place.position);
    } finally {
      log.lock.release();
    }
    this.#settleAll();
    if (this.#own.size > 0) void this.#watch();
  }

  /** Commits and fills from the tail on, as far as nothing is open. */
  #settleAll(): void {
    while (this.#settleSome() === 'supply') this.#sharing.supply();
    this.#tellOwn();
  }

  #settleSome(): 'done' | 'supply' {
    const log = this.#log;
    if (!log.takeCurrent()) return 'done';
    try {
      for (const mark of marksIn(log.region.extent, log.heldTail, log.reserved)) {
        const { position, end, state, thread } = mark;
        if (state === Mark.open && this.#sharing.threads.isAlive(thread)) break;
        log.settles = true;
        // The filler's header covers the thread's number: whoever finds this thread dead must not ask after that.
        if (state === Mark.open) this.#restate(log.region.extent, mark, Mark.cancelled);
        const window = freshWindow(log.region.extent, position, end - position);
        if (state !== Mark.published) log.fill(window, position, end);
        else if (!log.commitAt(window, position, mark.size, end)) return 'supply';
      }
      return 'done';
    } finally {
      log.settles = false;
      log.lock.release();
      log.wake();
    }
  }

  /** Settles what need not be waited for, and throws if there is something else. */
  assertSettled(): void {
    const reserved = this.#allReserved(true);
    this.#settleAll();
    if (!this.#isSettled(reserved)) throw openBefore(this.#log.region);
  }

  /** Throws if this thread has a place open: only it could settle that. */
  assertNoneOpenOfMine(before: number): void {
    for (const place of this.#own.values()) {
      if (place.state !== 'open' || place.position >= before) continue;
      throw openBefore(this.#log.region);
    }
  }

  /** Tells those of this thread whose places were settled, by whichever thread. */
  #tellOwn(): void {
    const log = this.#log;
    if (this.#own.size > 0 && log.life !== this.#life) {
      this.fail(goneBefore(log.region));
    }
    const { tail } = log;
    for (const [position, place] of this.#own) {
      if (position >= tail || place.state !== 'published') continue;
      this.#own.delete(position);
      place.state = 'settled';
      const { words, start } = freshWindow(log.region.extent, position, ENTRY.header);
      log.lastTimestamp = timestampAt(words, (position - start) >>> 2);
      this.#sharing.group.touched(log);
      // Whichever thread has committed it: what came before is not known here.
      this.#sharing.committer.earlier.giveUp();
      place.onCommitted(log.lastTimestamp);
    }
    // Only now: until then the region's bytes are needed.
    if (this.#own.size === 0) this.#expectations.end();
  }

  /** Blocks until `done`, as other threads settle their places or die. */
  #waitFor(done: () => boolean): void {
    for (;;) {
      const { tail } = this.#log;
      this.#settleAll();
      if (done()) return;
      this.#sharing.assertSound();
      this.#log.waitSync(tail, PATIENCE);
    }
  }

  /** Goes on settling as long as something of this thread waits for places of others. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    try {
      while ([...this.#own.values()].some(({ state }) => state === 'published')) {
        const { tail } = this.#log;
        this.#settleAll();
        if (this.#own.size > 0) await this.#log.wait(tail, PATIENCE);
        if (this.#sharing.threads.left) return;
      }
    } catch (error) {
      if (error instanceof VarveError) this.fail(error);
      else throw error;
    } finally {
      this.#watching = false;
    }
  }
}
