import { VarveError } from '../../base/errors.js';
import { roundUp } from '../../base/sizes.js';
import { strideOf } from '../../format/entry.js';
import { ENTRY } from '../../format/layout.js';
import type { RegionLog } from '../region-log.js';
import { allocate, clear } from '../regions.js';
import type { Stage } from '../stage.js';
import type { Steps } from '../steps.js';
import type { StreamCore } from '../stream-core.js';
import type { LogOptions } from './facts.js';
import { corruptJournal, journalFull, keepsNothing } from './journal-errors.js';
import { Fold, isGone, newestFold } from './journal-fold.js';
import {
  boundAfter,
  decodeRecord,
  encodeChange,
  encodeSnapshot,
  encodeSwitch,
  SWITCH_BYTES,
  snapshotBound,
} from './journal-record.js';
import { type Change, type JournalState, newState } from './journal-state.js';
import { journalName } from './names.js';

/** Bytes of each of the two regions, at least and at most. */
const SIZE_MIN = 4096;
const SIZE_MAX = 256 * 1024;
/** A region of a segment's size divided by this is enough for what is said about it. */
const SEGMENT_SHARE = 16;
/** A snapshot may take this part of a region, so that there is room for what comes behind it. */
const SNAPSHOT_SHARE = 3 / 4;

/** Makes a change for the state as it is, or none if there is nothing to do. It may be asked again, when somebody else was faster. */
export type ChangeFor = (state: JournalState) => Change | undefined;

/** A change and its record. */
export interface Made {
  readonly change: Change;
  readonly bytes: Uint8Array;
}

/** Bytes of each of the two regions of a log's journal. */
export function journalSize(segmentSize: number, blockSize: number): number {
  return roundUp(Math.min(Math.max(segmentSize / SEGMENT_SHARE, SIZE_MIN), SIZE_MAX), blockSize);
}

/**
 * What is to be known of a log beside its entries: records in one of two regions, the first of them a snapshot. When the region is full, a
 * switch ends it, and the journal goes on with a snapshot in the other one, which was cleared before. So at any moment one of the two
 * holds everything, and who finds an end without a beginning may go on from there.
 *
 * Several threads append to it. Each appends only behind what it knows (`expect`), so that what it says fits to what was there, and
 * nobody appends behind a switch.
 */
export class Journal {
  /** The two that it stands in. */
  readonly regions: readonly RegionLog[];
  readonly #core: StreamCore;
  #fold: Fold;
  /** Changes that wait for a switch, and how many they are. */
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;

  private constructor(core: StreamCore, regions: readonly RegionLog[], fold: Fold) {
    this.#core = core;
    this.regions = regions;
    this.#fold = fold;
  }

  /**
   * The journal of a log; undefined if there is none, or its creation was cut short.
   *
   * @throws VARVE_CORRUPT, VARVE_MISMATCH
   */
  static find(core: StreamCore, log: string): Journal | undefined {
    core.others.notice();
    const regions = namesOf(log).flatMap((name) => core.names.get(name) ?? []);
    const fold = regions.length === 2 ? newestFold(regions) : undefined;
    return fold && new Journal(core, regions, fold);
  }

  /**
   * Makes the journal of a log, or what is missing of it. If another thread has made it meanwhile, that is the one. Durable when it resolves.
   *
   * @param size bytes of each of its regions: what `journalSize` says
   * @throws VARVE_FULL, and as `find`
   */
  static async create(core: StreamCore, log: string, size: number, options: LogOptions): Promise<Journal> {
    const regions = await core.tasks.run(core.guarded(allocateBoth(core, log, size)));
    const journal = beginJournal(core, regions, options, (fold) => new Journal(core, regions, fold));
    await core.persister.whenPersisted(journal.#fold.last);
    return journal;
  }

  /** As `create`, blocking. */
  static createSync(core: StreamCore, log: string, size: number, options: LogOptions): Journal {
    const regions = core.tasks.runSync(core.guarded(allocateBoth(core, log, size)));
    const journal = beginJournal(core, regions, options, (fold) => new Journal(core, regions, fold));
    core.persister.persistSync();
    return journal;
  }

  /** True once the log was freed, or is about to be. */
  get isFreed(): boolean {
    const [one, other] = this.regions;
    return one?.freed === true || other?.freed === true;
  }

  /** As it is known; `refresh` before to learn what others have said. Not to be changed. */
  get state(): Readonly<JournalState> {
    return this.#fold.state;
  }

  /**
   * Learns what other threads, or the writer of another process, have said.
   *
   * @throws VARVE_CORRUPT, VARVE_MISMATCH; VARVE_CLOSED; VARVE_REGION_FREED if the log was removed
   */
  refresh(): void {
    try {
      if (this.#core.beside) this.#fold.region.assertUsable();
      this.#fold.advance();
    } catch (error) {
      if (!isGone(error)) throw error;
      this.#reload();
    }
    if (this.#fold.ended && this.#core.beside) this.#reload();
  }

  /** True if there is room for what is to be known after the change. */
  fits(change: Change): boolean {
    return change.kind === 'position' || this.#lacks(encodeChange(change)) === 0;
  }

  /**
   * Appends what `changeFor` makes of the newest state. It is in `state` when this returns, unless the journal has to be switched, and durable when the
   * promise resolves, together with everything else that is appended at the time. Changes keep their order.
   *
   * @throws VARVE_FULL if there is no room for what is to be known after it; what `changeFor` throws; VARVE_READ_ONLY, VARVE_CLOSED,
   * VARVE_POISONED, VARVE_IO, and as `refresh`
   */
  change(changeFor: ChangeFor): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#queued === 0 && this.#try(changeFor, false)) this.#whenPersisted(resolve, reject);
      else this.#enqueue(changeFor).then(() => this.#whenPersisted(resolve, reject), reject);
    });
  }

  /** As `change`, blocking. */
  changeSync(changeFor: ChangeFor): void {
    while (!this.#try(changeFor, true)) {
      this.#switchSync();
    }
    this.#core.persister.persistSync();
  }

  /** Goes on in the other region, or learns that somebody else was faster with something. */
  #switchSync(): void {
    if (!this.#end()) return;
    this.#core.tasks.runSync(this.#core.guarded(this.#vacate()));
    this.#begin();
  }

  /** Timestamp of the newest record that is known. */
  get last(): number {
    return this.#fold.last;
  }

  /** The one of the two that is appended to. */
  get region(): RegionLog {
    return this.#fold.region;
  }

  /**
   * The records that are to be committed to `region` behind `last`, together with other things, to make such changes; `committed` takes them over then.
   * Blocks where the journal has to be switched. Only for positions, which take no further room.
   *
   * @param stage where their bytes are put
   * @throws as `change`, but for VARVE_FULL
   */
  recordsFor(changes: Iterable<ChangeFor>, stage: Stage): Made[] {
    for (let isKnown = !this.#core.beside; ; isKnown = false) {
      this.#core.assertWritable();
      if (!isKnown) this.refresh();
      const made: Made[] = [];
      let size = 0;
      for (const changeFor of changes) {
        const change = changeFor(this.#fold.state);
        if (change === undefined) continue;
        const bytes = copyTo(stage, encodeChange(change));
        made.push({ change, bytes });
        size += strideOf(bytes.length);
      }
      if (made.length === 0 || (!this.#fold.ended && this.#takes(size - ENTRY.header))) return made;
      this.#switchSync();
    }
  }

  /** The records that `recordsFor` has made were committed. */
  committed(made: readonly Made[]): void {
    if (this.#core.beside) this.refresh();
    else for (const { change } of made) this.#fold.appended(change);
  }

  /** Changes behind one that waits for a switch wait, too. */
  #enqueue(changeFor: ChangeFor): Promise<void> {
    this.#queued++;
    const done = this.#queue.then(() => this.#changeBehind(changeFor)).finally(() => this.#queued--);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #changeBehind(changeFor: ChangeFor): Promise<void> {
    while (!this.#try(changeFor, false)) {
      if (!this.#end()) continue;
      await this.#core.tasks.run(this.#core.guarded(this.#vacate()));
      this.#begin();
    }
  }

  #whenPersisted(resolve: () => void, reject: (error: unknown) => void): void {
    const { persister } = this.#core;
    const { last } = this.#fold;
    if (persister.isPersisted(last)) resolve();
    else persister.whenAppended(last).then(resolve, reject);
  }

  /** False if the journal has to be switched before. */
  #try(changeFor: ChangeFor, persists: boolean): boolean {
    this.#core.assertWritable();
    // Where nobody else writes, all is known already.
    for (let isKnown = !this.#core.beside; ; isKnown = false) {
      if (!isKnown) this.refresh();
      const change = changeFor(this.#fold.state);
      if (change === undefined) return true;
      const bytes = encodeChange(change);
      if (change.kind !== 'position') this.#assertRoom(bytes);
      if (this.#fold.ended || !this.#takes(bytes.length)) return false;
      if (this.#append(bytes, persists, change)) return true;
    }
  }

  /** Appends a record to the region that is written to; false if somebody else was faster. */
  #append(bytes: Uint8Array, persists: boolean, change?: Change): boolean {
    const fold = this.#fold;
    const appended = appendBehind(fold.region, fold.last, bytes, persists);
    // There are many positions. What else there is, is read as it stands there.
    if (appended && change?.kind === 'position' && !this.#core.beside) fold.appended(change);
    else if (appended) this.refresh();
    return appended;
  }

  /** True if a record of `size` bytes leaves room for the switch behind it. */
  #takes(size: number): boolean {
    const left = this.#fold.region.appender.available + ENTRY.header;
    return strideOf(size) + strideOf(SWITCH_BYTES) <= left;
  }

  #assertRoom(bytes: Uint8Array): void {
    const lacks = this.#lacks(bytes);
    if (lacks > 0) throw journalFull(this.#fold.region.length, lacks);
  }

  /**
   * How many bytes too small a region is: for what is to be known after a change, and for what is known before it with the change behind it,
   * in case the journal is switched for it. The change is read back: what nobody could read must not be stored.
   */
  #lacks(bytes: Uint8Array): number {
    const { region, state } = this.#fold;
    const record = decodeRecord(bytes);
    const bound = snapshotBound(state);
    const after = record.kind === 'snapshot' || record.kind === 'switch' ? bound : boundAfter(state, record);
    const before = strideOf(bound) + strideOf(bytes.length) + strideOf(SWITCH_BYTES);
    return Math.max(0, after - snapshotRoom(region), before - region.length);
  }

  /** Ends the region that is written to; false if somebody else was faster with something. */
  #end(): boolean {
    return this.#fold.ended || this.#append(encodeSwitch(), false);
  }

  /** Clears the other region, unless somebody has done so, or has begun it already. */
  *#vacate(): Steps<void> {
    const { persister } = this.#core;
    // What the other region says is needed no more once everything in this one is durable.
    const target = persister.sealAll();
    yield 'drain';
    persister.reached(target);
    const other = this.#other;
    const before = Fold.begin(other);
    if (before !== undefined && before.state.generation < this.state.generation)
      yield* clear(this.#core, other);
  }

  /** Goes on in the other region, unless somebody else did: what comes late has an older generation, and counts for nothing. */
  #begin(): void {
    this.refresh();
    if (!this.#fold.ended) return;
    const { state } = this.#fold;
    const snapshot = encodeSnapshot({ ...state, generation: state.generation + 1 });
    appendBehind(this.#other, 0, snapshot, false);
    this.#reload();
  }

  get #other(): RegionLog {
    return this.regions.find((region) => region !== this.#fold.region) as RegionLog;
  }

  #reload(): void {
    this.#core.others.notice();
    this.#fold = begun(newestFold(this.regions));
  }
}

/** What `encodeChange` returns is good until it is called again. */
function copyTo(stage: Stage, bytes: Uint8Array): Uint8Array {
  const copy = stage.place(bytes.length);
  copy.set(bytes);
  return copy;
}

function namesOf(log: string): string[] {
  return [journalName(log, 0), journalName(log, 1)];
}

function* allocateBoth(core: StreamCore, log: string, size: number): Steps<RegionLog[]> {
  core.assertWritable();
  if (!core.medium.retains) throw keepsNothing();
  const regions: RegionLog[] = [];
  for (const name of namesOf(log)) {
    regions.push(core.names.get(name) ?? (yield* allocate(core, size, name)));
  }
  return regions;
}

function beginJournal<T>(
  core: StreamCore,
  regions: readonly RegionLog[],
  options: LogOptions,
  made: (fold: Fold) => T,
): T {
  const state = newState(options);
  const region = regions[0] as RegionLog;
  const lacks = snapshotBound(state) - snapshotRoom(region);
  if (lacks > 0) throw journalFull(region.length, lacks);
  if (newestFold(regions) === undefined) appendBehind(region, 0, encodeSnapshot(state), false);
  core.others.notice();
  return made(begun(newestFold(regions)));
}

/** Bytes that a snapshot may take. */
function snapshotRoom({ length }: RegionLog): number {
  return Math.floor(length * SNAPSHOT_SHARE);
}

function begun(fold: Fold | undefined): Fold {
  if (fold === undefined) throw corruptJournal('both of its regions are empty');
  return fold;
}

/** Appends behind the entry with timestamp `last`, or 0 if there should be none; false if there is something else. */
function appendBehind(region: RegionLog, last: number, bytes: Uint8Array, persists: boolean): boolean {
  const { appender } = region;
  try {
    appender.expect(last);
    appender.append(bytes, persists);
    return true;
  } catch (error) {
    if (error instanceof VarveError && error.code === 'VARVE_CONFLICT') return false;
    throw error;
  }
}
