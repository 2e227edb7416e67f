import { VarveError } from '../base/errors.js';
import { type Drains, StepQueue, type Steps } from '../core/steps.js';
import { sizeOf } from '../stream/data.js';
import type { Block } from './block.js';
import { BlockCache } from './block-cache.js';
import { Group } from './group.js';
import type { Joined } from './join.js';
import { problem, type Segment } from './segment.js';

/** A block, and whose it is. */
export interface Place {
  readonly segment: Segment;
  readonly block: Block;
}

/** More than this that was appended and not synced is stored at once, so that memory stays bounded. */
const WAITING_BYTES_MAX = 2 ** 20;

/** Bytes one behind the other on the blocks of segments: what block streams and endless streams have in common. */
export class Chain {
  readonly segments: Segment[];
  readonly #cache = new BlockCache();
  readonly #queue: StepQueue;
  readonly #grow: (() => Segment) | undefined;
  /** What is appended now. */
  #group: Group;
  /** What is on its way to become durable. */
  #settling: Group | undefined;
  #end: number;
  #synced: number;
  #first: number;
  /** What was dropped, as the blocks tell. */
  #firstStored: number;
  #certified: boolean;
  #syncs = 0;
  #failed: unknown;
  #closed = false;
  readonly #wakers = new Set<() => void>();

  /**
   * @param segments in order; those with data come first
   * @param joined what is known of their data
   * @param grow makes another one, in blocking form; left out where there is none to be had
   */
  constructor(segments: Segment[], { end, first, certified }: Joined, grow?: () => Segment) {
    this.segments = segments;
    this.#grow = grow;
    this.#group = new Group(end);
    this.#end = end;
    this.#synced = end;
    this.#first = first;
    this.#firstStored = first;
    this.#certified = certified;
    this.#queue = new StepQueue(drainsOf(segments));
  }

  /** Position behind the last byte, synced or not. */
  get end(): number {
    return this.#end;
  }

  /** Position behind the last byte that is durable. */
  get synced(): number {
    return this.#synced;
  }

  /** Position of the first byte. */
  get first(): number {
    return this.#first;
  }

  /** How often something was made durable. */
  get syncs(): number {
    return this.#syncs;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes that can be appended without another segment. */
  get room(): number {
    let room = this.#group.tail?.room ?? 0;
    for (let k = this.segments.length - 1; k >= 0; k--) {
      const segment = this.segments[k] as Segment;
      room += segment.room;
      if (segment.taken > 1) break;
    }
    return room;
  }

  /** Appends all of the parts, or throws; returns where they begin. */
  append(parts: readonly Uint8Array[]): number {
    this.assertSound();
    const at = this.#end;
    const size = sizeOf(parts);
    if (at + size > Number.MAX_SAFE_INTEGER) throw full(size, Number.MAX_SAFE_INTEGER - at);
    while (size > this.room) {
      if (this.#grow === undefined) throw full(size, this.room);
      this.segments.push(this.#grow());
    }
    for (const part of parts) this.#put(part);
    return at;
  }

  /** Takes steps after those of everything that is under way. */
  run<T>(steps: Steps<T>): Promise<T> {
    return this.#queue.run(steps);
  }

  runSync<T>(steps: Steps<T>): T {
    return this.#queue.runSync(steps);
  }

  /** Makes everything durable that was appended before. */
  *sync(): Steps<void> {
    this.assertSound();
    if (this.#group.isEmpty && this.#first !== this.#firstStored) this.#takeDropped();
    if (!this.#group.isEmpty) yield* this.#settle();
  }

  /** As `sync`, and says so on the blocks, for the last time: whatever is missing later is damage. */
  *finish(): Steps<void> {
    yield* this.sync();
    if (this.#certified) return;
    this.#takeEmpty();
    if (!this.#group.isEmpty) yield* this.#settle();
  }

  /** Makes the head of a segment durable, before anything else is stored there. */
  *prepare(segment: Segment): Steps<void> {
    this.assertSound();
    if (segment.durable > 0) return;
    yield* this.#drain();
    segment.durable = Math.max(segment.durable, 1);
  }

  /** Drops everything before a position, durably with the next sync. */
  advance(position: number): void {
    this.assertSound();
    this.#first = Math.max(this.#first, position);
  }

  /** The segments of which everything was dropped; the last one with data stays, as positions go on from it. */
  dropped(): Segment[] {
    const last = this.segments.findLastIndex(({ hasData }) => hasData);
    return this.segments.slice(0, Math.max(last, 0)).filter(({ end }) => end <= this.#first);
  }

  /**
   * The block that holds the byte at a position that was synced.
   *
   * @param near one before it, if that is known
   */
  blockAt(position: number, near?: Place): Place {
    return (near === undefined ? undefined : this.#behind(near, position)) ?? this.#find(position);
  }

  /** Position behind the group that begins at `group` and reaches into `segment`. */
  endOfGroup(segment: Segment, group: number): number {
    for (let k = this.segments.indexOf(segment); this.segments[k]?.hasData; k++) {
      const each = this.segments[k] as Segment;
      const number = each.firstBlock(1, this.#reader(each), (block) => block.group > group);
      if (number < each.durable) return this.blockOf(each, number).position;
    }
    return this.#synced;
  }

  blockOf(segment: Segment, number: number): Block {
    return this.#cache.get(segment, number);
  }

  /** Resolves when more was synced, or nothing will be any more, or the signal is aborted. */
  async news(signal: AbortSignal | undefined): Promise<void> {
    let wake = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#wakers.add(wake);
    signal?.addEventListener('abort', wake, { once: true });
    await woken;
    this.#wakers.delete(wake);
    signal?.removeEventListener('abort', wake);
  }

  /** Ends it: whoever waits is told. */
  close(): void {
    this.#closed = true;
    this.#wake();
    for (const { blocks } of this.segments) blocks.close?.();
  }

  assertOpen(): void {
    if (this.#closed)
      throw new VarveError('VARVE_CLOSED', 'Cannot use this stream: it was closed; load it again');
  }

  assertSound(): void {
    this.assertOpen();
    if (this.#failed === undefined) return;
    const message = 'Cannot go on with this stream: a sync has failed before; close it and load it again';
    throw new VarveError('VARVE_POISONED', message, { cause: this.#failed });
  }

  #put(part: Uint8Array): void {
    for (let done = 0; done < part.length; ) {
      const count = this.#openBlock().put(part.subarray(done));
      done += count;
      this.#end += count;
      if (this.#group.waitingBytes > WAITING_BYTES_MAX) this.#relieve();
    }
  }

  /** The block that takes what is appended next. There is room: that was looked after before. */
  #openBlock(): Block {
    const { tail } = this.#group;
    if (tail !== undefined && tail.room > 0) return tail;
    const segment = this.#nextSegment(1);
    if (segment === undefined) throw full(1, 0);
    return this.#group.take(segment, this.#end);
  }

  /** The segment that takes the next block, with so many blocks left behind it. */
  #nextSegment(left: 0 | 1): Segment | undefined {
    const current = this.segments.findLastIndex(({ taken }) => taken > 1);
    return this.segments
      .slice(Math.max(current, 0))
      .find(({ blocks, taken }) => taken < blocks.blockCount - left);
  }

  /** Stores what waits, where that is safe: nothing may be stored while it is not certain that everything before it is durable. */
  #relieve(): void {
    if (this.#settling !== undefined) return;
    for (const { durable } of this.#group.segments) if (durable === 0) return;
    try {
      this.#group.store(this.#first, true);
    } catch {
      // It waits on, and the next sync tries again and tells.
    }
  }

  /** A block without data carries what is to be known, if there is a place for it; the last one of a segment is kept for that. */
  #takeEmpty(): void {
    const segment = this.#nextSegment(0);
    if (segment !== undefined) this.#group.take(segment, this.#end);
  }

  /** What was dropped is dropped also where no more can be had: then it is said with the next bytes. */
  #takeDropped(): void {
    this.#takeEmpty();
    if (!this.#group.isEmpty || this.#grow === undefined) return;
    try {
      this.segments.push(this.#grow());
    } catch {
      return;
    }
    this.#takeEmpty();
  }

  /** More may be appended while the head of a segment becomes durable. */
  *#prepareAll(): Steps<void> {
    for (;;) {
      const fresh = [...this.#group.segments].find(({ durable }) => durable === 0);
      if (fresh === undefined) return;
      yield* this.prepare(fresh);
    }
  }

  *#settle(): Steps<void> {
    yield* this.#prepareAll();
    const group = this.#group;
    const [end, first] = [this.#end, this.#first];
    const certifies = group.tail?.used === 0;
    group.store(first, false);
    this.#group = new Group(end);
    this.#settling = group;
    yield* this.#drain();
    this.#settling = undefined;
    group.settle();
    this.#synced = end;
    this.#firstStored = first;
    this.#certified = certifies;
    this.#syncs++;
    this.#wake();
  }

  /** A failed sync leaves in doubt what is durable, and no later one can tell. */
  *#drain(): Steps<void> {
    try {
      yield 'drain';
    } catch (error) {
      this.#failed = error;
      this.#wake();
      throw error;
    }
  }

  #behind({ segment, block }: Place, position: number): Place | undefined {
    if (block.number + 1 >= segment.durable) return undefined;
    const next = this.blockOf(segment, block.number + 1);
    return holds(next, position) ? { segment, block: next } : undefined;
  }

  #find(position: number): Place {
    const segment = this.#segmentAt(position);
    const behind = segment.firstBlock(1, this.#reader(segment), (block) => block.position > position);
    const block = this.blockOf(segment, Math.max(behind - 1, 1));
    if (!holds(block, position)) throw segment.damage(block.number);
    return { segment, block };
  }

  #segmentAt(position: number): Segment {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const segment = this.segments[middle] as Segment;
      if (segment.hasData && segment.base <= position) low = middle + 1;
      else high = middle;
    }
    const segment = this.segments[low - 1];
    if (segment === undefined) throw new RangeError(`nothing is at ${position}`);
    if (segment.blocks.retains === false)
      throw problem(segment.blocks, 'VARVE_NOT_FOUND', 'its blocks keep nothing, so nothing can be read');
    return segment;
  }

  #reader(segment: Segment): (number: number) => Block {
    return (number) => this.blockOf(segment, number);
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }
}

function holds(block: Block, position: number): boolean {
  return position >= block.position && position < block.end;
}

function full(size: number, room: number): VarveError {
  const message = `Cannot append ${size} bytes as ${room} are left: use a larger block stream, or an endless one`;
  return new VarveError('VARVE_FULL', message);
}

/** Drains of all segments that something was stored in. */
export function drainsOf(segments: readonly Segment[]): Drains {
  const dirty = () => segments.filter(({ isDirty }) => isDirty);
  return {
    slow: true,
    drain: async () => {
      await Promise.all(dirty().map((segment) => segment.sync()));
    },
    drainSync: () => {
      for (const segment of dirty()) segment.syncSync();
    },
  };
}
