import { VarveError } from '../base/errors.js';
import { REGION_MAX } from '../format/layout.js';
import { LiveWriter } from '../media/live-writer.js';
import type { Extent, Medium } from '../media/medium.js';
import type { Allocator } from './allocator.js';
import { Checkpointer, MARK_SPAN } from './checkpoint.js';
import { Clock } from './clock.js';
import { ForeignWriter } from './foreign-writer.js';
import { Grown } from './grown.js';
import { largestAfterGrowth } from './growth.js';
import { Herald } from './herald.js';
import { chooseKernel, type Kernel } from './kernel.js';
import { Nobody } from './nobody.js';
import type { Others } from './others.js';
import { Persister } from './persister.js';
import { Pieces } from './pieces.js';
import type { Prefix } from './prefix.js';
import { errorOf, type Problem } from './problem.js';
import type { RegionHost, RegionWatch } from './region-host.js';
import { RegionLog } from './region-log.js';
import { RegionRegister } from './region-register.js';
import { OtherThreads } from './shared/other-threads.js';
import type { Sharing } from './shared/sharing.js';
import { StepQueue, type Steps } from './steps.js';
import type { Table } from './table.js';
import type { TableSlot } from './table-slots.js';

/** What a stream is made of, as opening found or made it. */
export interface StreamParts {
  medium: Medium;
  prefix: Prefix;
  table: Table;
  allocator: Allocator;
  readOnly: boolean;
  /** Bytes up to which it may grow; undefined if it may not. */
  maxSize: number | undefined;
}

/**
 * An open stream: it holds the parts together and is what regions turn to. What the parts do stands with them: `Clock`, `Persister`,
 * `Checkpointer`, `Table`, `Allocator`, and the changes of structure in regions.ts.
 */
export class StreamCore implements RegionHost {
  readonly medium: Medium;
  readonly prefix: Prefix;
  readonly table: Table;
  readonly allocator: Allocator;
  readonly readOnly: boolean;
  /** Bytes up to which it may grow; undefined if it may not. */
  readonly maxSize: number | undefined;
  readonly kernel: Kernel = chooseKernel();
  readonly clock: Clock;
  readonly persister: Persister;
  readonly checkpointer: Checkpointer;
  readonly tasks: StepQueue;
  readonly pieces = new Pieces();
  readonly register = new RegionRegister((slot) => new RegionLog(slot, this));
  /** By id, in the order of allocation. */
  readonly regions = this.register.byId;
  readonly names = this.register.byName;
  readonly grown = new Grown(() => this.regions.asked);
  /** Called when this thread has learned which regions there are now. */
  readonly followers = new Set<() => void>();
  /** Called once the stream is given up: what stands beside it is let go of, too. */
  readonly closers = new Set<() => void>();
  /** What a recovery found missing that had been acknowledged. */
  damage: Problem | undefined = undefined;
  closed = false;
  /** Set once other threads of this process have the stream open, too. */
  sharing: Sharing | undefined = undefined;
  /** True once the medium is given up. */
  #ended = false;
  #poison: VarveError | undefined;
  /** Who else writes. */
  others: Others;
  /** Of a reader: the writer of another process. */
  readonly foreign: ForeignWriter | undefined;
  readonly #nobody: Nobody;

  constructor(parts: StreamParts) {
    this.medium = parts.medium;
    this.prefix = parts.prefix;
    this.table = parts.table;
    this.allocator = parts.allocator;
    this.readOnly = parts.readOnly;
    this.maxSize = parts.maxSize;
    this.clock = new Clock(parts.prefix.state);
    this.tasks = new StepQueue(parts.medium);
    this.persister = new Persister(parts.medium, this.clock, this);
    this.checkpointer = new Checkpointer(parts.prefix, parts.table, this.clock, this.persister);
    this.#nobody = new Nobody(this.clock);
    this.foreign = parts.readOnly ? new ForeignWriter(this) : undefined;
    this.others = this.foreign ?? this.#nobody;
  }

  get beside(): boolean {
    return this.others.maybeWriting;
  }

  /** True while somebody waits for what this thread commits: `notifyCommitted` is to be called. */
  get watched(): boolean {
    return this.#nobody.watched;
  }

  /** Takes part beside other threads. */
  share(sharing: Sharing): void {
    this.sharing = sharing;
    this.others = new OtherThreads(sharing, this.clock);
    this.tasks.blocking = true;
    this.persister.share(sharing.group);
  }

  /** The stream is open: readers of other processes can be told from now on. */
  opened(): void {
    const place = this.readOnly ? undefined : this.medium.live?.(this.uuid);
    const live = place && LiveWriter.open(place, this.sharing !== undefined);
    if (live === undefined) return;
    const { clock, medium, sharing } = this;
    this.persister.herald = new Herald(live, clock, medium.slow, sharing?.agreement);
  }

  get uuid(): Uint8Array {
    return this.prefix.header.uuid;
  }

  /** Bytes that a new region could still take, if the stream grows for it as far as it may. */
  get available(): number {
    if (this.table.vacancies === 0) return 0;
    const { blockSize } = this.prefix.header;
    const largest = Math.max(this.allocator.largest, largestAfterGrowth(this));
    return Math.min(largest, REGION_MAX - (REGION_MAX % blockSize));
  }

  openExtent(slot: TableSlot): Extent {
    if (this.#ended) throw this.#closedError();
    return this.medium.open(slot.record.offset, slot.record.length, 'append');
  }

  assertOpen(): void {
    if (this.closed) throw this.#closedError();
  }

  /** Throws if nothing can be acknowledged any more. */
  assertSound(): void {
    this.assertOpen();
    this.assertUnpoisoned();
  }

  /** The same, while the stream is being closed. */
  assertUnpoisoned(): void {
    if (this.#poison === undefined && this.sharing?.poisoned) this.poison(undefined);
    if (this.#poison !== undefined) throw this.#poison;
  }

  assertWritable(): void {
    this.assertSound();
    if (this.readOnly) {
      throw new VarveError(
        'VARVE_READ_ONLY',
        'Cannot change this stream as it was opened read-only: open it without readOnly',
        this.#place(),
      );
    }
  }

  assertReadable(region: RegionLog, life: number): void {
    if (region.isLife(life)) return;
    region.assertAlive();
    this.assertOpen();
    throw new VarveError(
      'VARVE_REGION_FREED',
      `Region ${region.slot.record.id} was cleared: the entries that stood in it are gone`,
    );
  }

  watch(slot: TableSlot): RegionWatch | undefined {
    return this.others.watch(slot);
  }

  refresh(): void {
    this.assertOpen();
    this.others.refresh();
  }

  recheck(): void {
    this.assertOpen();
    this.others.recheck();
  }

  /** Throws if the region table is damaged: regions may be there that nobody can see. */
  assertComplete(): void {
    const problem = this.table.problems[0];
    if (problem !== undefined) throw errorOf(problem, this.medium.path);
  }

  supplyTimestamps(count = 1): void {
    this.tasks.runSync(this.guarded(this.checkpointer.supply(count)));
  }

  touched(region: RegionLog): void {
    this.persister.touched(region);
    this.appended(region);
  }

  appended(region: RegionLog): void {
    this.persister.noticeAppend();
    if (this.grown.asked) this.grown.note(region);
    if (region.tail > region.reportAt) this.#noteGrowth(region);
  }

  #noteGrowth(region: RegionLog): void {
    if (this.checkpointer.noteUnmarked(region)) {
      region.reportAt = region.slot.record.mark.tail + MARK_SPAN;
    } else {
      region.reportAt = Number.POSITIVE_INFINITY;
      this.persister.callWhenPersisted();
    }
  }

  notifyCommitted(): void {
    this.#nobody.committed();
  }

  finishChanges(): void {
    this.tasks.finish();
  }

  grew(region: RegionLog): boolean {
    return this.others.grew(region);
  }

  /**
   * Resolves when there may be something new: committed, persisted or changed, or the stream is closed or fails; or when the signal is
   * aborted. Beside a writer of another process it is a time to look again.
   */
  async news(signal?: AbortSignal): Promise<void> {
    this.assertOpen();
    await this.others.news(signal);
  }

  /** A region has grown so much since its mark that it is time for a new one. */
  persisted(): void {
    this.#inBackground(this.checkpointer.write(false));
  }

  atRest(): void {
    if (this.checkpointer.isCurrent || this.prefix.state.clean) return;
    this.#inBackground(this.checkpointer.refresh());
  }

  /** Nothing can be made durable any more: every waiting promise is rejected, and so is every later change. */
  poison(cause: unknown): VarveError {
    this.sharing?.poison();
    this.#poison ??= new VarveError(
      'VARVE_POISONED',
      'The medium failed to make this stream durable, so that nothing more can be acknowledged: close it and open it again, ' +
        'which finds out what is really there',
      { cause, ...this.#place() },
    );
    const poison = this.#poison;
    this.#end(() => poison);
    return poison;
  }

  /** Steps whose failure on the medium, or for want of memory, leaves the stream in doubt. What was refused is another matter. */
  *guarded<T>(steps: Steps<T>): Steps<T> {
    try {
      return yield* this.sharing === undefined ? steps : this.sharing.exclusively(steps);
    } catch (error) {
      const refused = error instanceof VarveError && error.code !== 'VARVE_IO';
      throw refused ? error : this.poison(error);
    }
  }

  /**
   * Closes the stream for everybody at once and cancels open slots. The steps then persist what was committed, and let go
   * of the medium.
   */
  close(): Steps<void> {
    this.closed = true;
    let failure: { error: unknown } | undefined;
    try {
      this.sharing?.cancelOpen(this.#closedError());
      for (const region of this.regions.asked) region.reservations.cancelOpen();
    } catch (error) {
      failure = { error };
    }
    return this.#closing(failure);
  }

  *#closing(failure: { error: unknown } | undefined): Steps<void> {
    const { medium, prefix, regions } = this;
    let last = true;
    try {
      if (failure !== undefined) throw failure.error;
      if (this.#poison !== undefined) throw this.#poison;
      if (this.sharing !== undefined) last = yield* this.#leaving(this.sharing);
      else if (!this.readOnly && !prefix.state.clean) yield* this.guarded(this.checkpointer.write(true));
    } finally {
      for (const region of regions.asked) region.leave();
      this.#end(() => this.#closedError());
      this.#ended = true;
      for (const close of this.closers) close();
      this.persister.herald?.close(last);
      this.others.close();
      if (last || medium.leave === undefined) medium.close();
      else medium.leave();
    }
  }

  /** Persists what was committed; true if no other thread has the stream open any more. */
  *#leaving(sharing: Sharing): Steps<boolean> {
    try {
      this.persister.persistSync();
      return yield* sharing.leaving(this.checkpointer.write(true));
    } catch (error) {
      throw this.poison(error);
    } finally {
      sharing.threads.leave();
    }
  }

  /** What a thread that died in the midst of a change of structure has left behind is ended as a recovery would. */
  *mend(): Steps<void> {
    const { prefix, table } = this;
    table.flushAll();
    yield 'drain';
    prefix.evenOut();
    yield* this.checkpointer.write(false, table.evenOut(prefix.state));
  }

  /** A checkpoint in the background. */
  checkpointSoon(): void {
    this.#inBackground(this.checkpointer.write(false));
  }

  #end(reason: () => Error): void {
    for (const region of this.regions.asked) region.stop();
    this.persister.stop(reason);
    if (this.sharing !== undefined) this.others.close();
    this.notifyCommitted();
  }

  #inBackground(steps: Steps<void>): void {
    // A failure poisons the stream, and the next caller learns of it.
    this.tasks.run(this.guarded(steps)).catch(() => {});
  }

  #closedError(): VarveError {
    return new VarveError('VARVE_CLOSED', 'The stream was closed: open it again', this.#place());
  }

  #place(): { path?: string } {
    return this.medium.path === undefined ? {} : { path: this.medium.path };
  }
}
