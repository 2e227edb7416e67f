import type { Entry, Log, Stream } from 'varve';
import { type Change, decodeBatch, encodeBatch, type Placed, sizeOf } from './batch.js';
import { SortedMap, type SortedView } from './sorted-map.js';
import { isFull, Spares } from './spares.js';

/** A key, and where its value stands on the medium. */
export interface Item {
  readonly key: Uint8Array;
  readonly entry: Entry;
  readonly value: NonNullable<Placed['value']>;
  /** Bytes that it takes in the log. */
  readonly size: number;
}

/** What the store held at one moment. It keeps the values that it shows from being trimmed until it is released. */
export interface Snapshot {
  readonly items: SortedView<Item>;
  release(): void;
}

/** What is moved becomes entries of so much of a segment: few, but such that little is left over where a segment ends. */
const MOVED_AT_ONCE = 1 / 16;
/** Segments that are kept free for moving and deleting. */
const SPARES = 2;
/** Bytes that an entry takes in the log beside its changes, about. */
const OVERHEAD = 32;

/**
 * Keys in memory, in order; their values in a log, where they are read from. A write appends one entry. What is overwritten or deleted stays in the log
 * until it is the greater part; then what still counts of its oldest entries is appended once more, and they are trimmed.
 */
export class Store {
  readonly #stream: Stream;
  readonly #log: Log;
  readonly #segmentSize: number;
  readonly #spares: Spares;
  readonly #items = new SortedMap<Item>();
  /** Bytes of the log that count. */
  #live = 0;
  /** Writes and moves, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** How often something was moved; how many open snapshots there are from before that, by that number. */
  #moves = 0;
  readonly #open = new Map<number, number>();
  /** Entries before this timestamp are needed by nothing but snapshots from before that move. */
  #trimmable: { before: number; move: number } | undefined;

  private constructor(stream: Stream, log: Log, segmentSize: number) {
    this.#stream = stream;
    this.#log = log;
    this.#segmentSize = segmentSize;
    this.#spares = new Spares(stream, segmentSize);
  }

  static async open(stream: Stream, segmentSize: number): Promise<Store> {
    const store = new Store(stream, await stream.log('level', { segmentSize }), segmentSize);
    for (const entry of store.#log.entries()) store.#apply(entry);
    await store.#spares.hold(SPARES);
    return store;
  }

  get items(): SortedView<Item> {
    return this.#items;
  }

  /** An own copy of a value. */
  read({ entry, value }: Item): Uint8Array {
    return entry.data.slice(value.from, value.to);
  }

  snapshot(): Snapshot {
    const move = this.#moves;
    this.#open.set(move, 1 + (this.#open.get(move) ?? 0));
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      const left = (this.#open.get(move) ?? 1) - 1;
      if (left > 0) this.#open.set(move, left);
      else this.#open.delete(move);
      if (left === 0 && this.#trimmable !== undefined) this.#inTurn(() => this.#trim()).catch(() => {});
    };
    return { items: this.#items.view(), release };
  }

  /** All changes or none. Resolves once they survive a crash, or with `sync` false once they are seen. */
  async write(changes: readonly Change[], sync: boolean): Promise<void> {
    if (changes.length === 0) return;
    const entry = await this.#inTurn(async () => {
      if (this.#garbage > this.#live + this.#segmentSize) await this.#move(this.#log.last);
      try {
        return await this.#append(changes);
      } catch (error) {
        if (!isFull(error) || !(await this.#makeRoom(changes))) throw error;
        return await this.#append(changes);
      }
    });
    if (sync) await this.#stream.whenPersisted(entry.timestamp);
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => {});
    return done;
  }

  #apply(entry: Entry): void {
    const changes = [...decodeBatch(entry.data)];
    for (const { key, value, size } of changes) {
      const bytes = size + OVERHEAD / changes.length;
      const old =
        value === undefined ? this.#items.delete(key) : this.#items.set({ key, entry, value, size: bytes });
      this.#live += (value === undefined ? 0 : bytes) - (old?.size ?? 0);
    }
  }

  /** Bytes of the log that do not count, about. */
  get #garbage(): number {
    return this.#log.bytes - this.#live;
  }

  /** Moves until a segment more can be had than what is held in spare. If it cannot, deleting may take one of those. */
  async #makeRoom(changes: readonly Change[]): Promise<boolean> {
    const last = this.#log.last;
    await this.#spares.release(0);
    while (
      !(await this.#spares.hold(SPARES + 1)) &&
      this.#garbage > this.#segmentSize &&
      this.#log.first <= last
    ) {
      await this.#spares.release(0);
      if (!(await this.#move(last))) break;
    }
    const enough = await this.#spares.hold(SPARES + 1);
    const deletes = changes.every(({ value }) => value === undefined);
    if (enough || deletes) await this.#spares.release(this.#spares.held - 1);
    return enough || deletes;
  }

  /** Appends once more what counts of about a segment of the oldest entries, so that they can be trimmed. False if a snapshot holds up the last time. */
  async #move(last: number): Promise<boolean> {
    if (this.#trimmable !== undefined) return false;
    let [seen, before] = [0, 0];
    let moved: Change[] = [];
    for (const entry of this.#log.entries()) {
      if (entry.timestamp > last || seen >= this.#segmentSize) break;
      seen += entry.size + OVERHEAD;
      before = entry.timestamp + 1;
      moved.push(...this.#liveOf(entry));
      if (sizeOf(moved) < this.#segmentSize * MOVED_AT_ONCE) continue;
      await this.#append(moved);
      moved = [];
    }
    if (moved.length > 0) await this.#append(moved);
    // What took the place of an old value may only be committed yet.
    await this.#stream.whenPersisted(this.#log.last);
    this.#moves += 1;
    this.#trimmable = { before, move: this.#moves };
    await this.#trim();
    return true;
  }

  #liveOf(entry: Entry): Change[] {
    const live: Change[] = [];
    for (const { key, value } of decodeBatch(entry.data)) {
      const item = this.#items.get(key);
      if (value !== undefined && item?.entry.timestamp === entry.timestamp && item.value.from === value.from)
        live.push({ key, value: entry.data.subarray(value.from, value.to) });
    }
    return live;
  }

  async #append(changes: readonly Change[]): Promise<Entry> {
    const entry = await this.#log.append(encodeBatch(changes), { until: 'committed' });
    this.#apply(entry);
    return entry;
  }

  /** Unless a snapshot still shows what would go. */
  async #trim(): Promise<void> {
    const trimmable = this.#trimmable;
    if (trimmable === undefined) return;
    for (const move of this.#open.keys()) if (move < trimmable.move) return;
    await this.#log.trim({ before: trimmable.before });
    this.#trimmable = undefined;
  }
}
