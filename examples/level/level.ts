// An abstract-level database on varve: the whole of that project's own test suite passes on it.
//
// Keys are in memory, in the order of their bytes; values are not: they stand in a log, from which they are read. So opening reads the log once, and
// memory must hold all keys. A write, of one change or of a batch, is one entry of the log: atomic, and durable when its promise resolves, unless
// `sync: false` asks for less. What is overwritten or deleted is trimmed after the rest was moved. Snapshots cost nothing but the room of what they show.
import {
  type AbstractDatabaseOptions,
  AbstractIterator,
  AbstractLevel,
  AbstractSnapshot,
} from 'abstract-level';
import { Stream, type Target, VarveError } from 'varve';
import { Range, type RangeOptions } from './range.js';
import { type Item, type Snapshot, Store } from './store.js';

export interface VarveLevelOptions<K, V> extends AbstractDatabaseOptions<K, V> {
  /** Bytes, or a text as '64MiB'. A new database has `size`, default '16MiB'. It grows up to `maxSize`, default '1GiB'. */
  size?: number | string;
  maxSize?: number | string;
  /** Bytes of the log's segments: what is trimmed at a time. Default 1 MiB. */
  segmentSize?: number;
}

interface OpenOptions extends VarveLevelOptions<unknown, unknown> {
  createIfMissing: boolean;
  errorIfExists: boolean;
}

/** An operation as abstract-level hands it over: encoded. */
type Operation = { type: 'put'; key: Uint8Array; value: Uint8Array } | { type: 'del'; key: Uint8Array };
interface ReadOptions {
  snapshot?: VarveSnapshot;
}
interface IteratorOptions extends RangeOptions, ReadOptions {
  keys?: boolean;
  values?: boolean;
}
interface WriteOptions {
  sync?: boolean;
}

const FORMAT = 'view';

/**
 * @example
 * const db = new VarveLevel('fruit.varve', { valueEncoding: 'json' });
 * await db.put('apples', { left: 3 });
 */
export class VarveLevel<K = string, V = string> extends AbstractLevel<Uint8Array, K, V> {
  /** A path, or a medium. */
  readonly location: Target;
  #stream: Stream | undefined;
  #store: Store | undefined;

  constructor(location: Target, options: VarveLevelOptions<K, V> = {}) {
    const supports = {
      encodings: { [FORMAT]: true },
      ...{ createIfMissing: true, errorIfExists: true, permanence: true },
      ...{ has: true, getSync: true, seek: true, implicitSnapshots: true, explicitSnapshots: true },
    };
    super(supports, options);
    this.location = location;
  }

  /** @internal */
  get store(): Store {
    if (this.#store === undefined) throw new Error('The database is not open');
    return this.#store;
  }

  async _open(options: OpenOptions): Promise<void> {
    const stream = await openStream(this.location, options);
    try {
      this.#store = await Store.open(stream, options.segmentSize ?? 2 ** 20);
      this.#stream = stream;
    } catch (error) {
      await stream.close();
      throw error;
    }
  }

  async _close(): Promise<void> {
    await this.#store?.settled();
    await this.#stream?.close();
    this.#store = undefined;
  }

  async _put(key: Uint8Array, value: Uint8Array, { sync }: WriteOptions): Promise<void> {
    await this.store.write([{ key, value }], sync ?? true);
  }

  async _del(key: Uint8Array, { sync }: WriteOptions): Promise<void> {
    await this.store.write([{ key, value: undefined }], sync ?? true);
  }

  async _batch(operations: readonly Operation[], { sync }: WriteOptions): Promise<void> {
    const changes = operations.map((each) => ({
      key: each.key,
      value: each.type === 'put' ? each.value : undefined,
    }));
    await this.store.write(changes, sync ?? true);
  }

  async _clear(options: RangeOptions & ReadOptions & WriteOptions & { limit: number }): Promise<void> {
    const range = new Range(this.#itemsOf(options), options);
    const changes = [];
    for (let item = range.next(); item !== undefined && changes.length !== options.limit; item = range.next())
      changes.push({ key: item.key, value: undefined });
    await this.store.write(changes, options.sync ?? true);
  }

  _getSync(key: Uint8Array, options: ReadOptions): Uint8Array | undefined {
    const item = this.#itemsOf(options).get(key);
    return item === undefined ? undefined : this.store.read(item);
  }

  async _get(key: Uint8Array, options: ReadOptions): Promise<Uint8Array | undefined> {
    return this._getSync(key, options);
  }

  async _getMany(keys: readonly Uint8Array[], options: ReadOptions): Promise<(Uint8Array | undefined)[]> {
    return keys.map((key) => this._getSync(key, options));
  }

  async _has(key: Uint8Array, options: ReadOptions): Promise<boolean> {
    return this.#itemsOf(options).get(key) !== undefined;
  }

  async _hasMany(keys: readonly Uint8Array[], options: ReadOptions): Promise<boolean[]> {
    return keys.map((key) => this.#itemsOf(options).get(key) !== undefined);
  }

  _iterator(options: object): VarveIterator<K, V> {
    return new VarveIterator(this, options);
  }

  _snapshot(options: object): VarveSnapshot {
    return new VarveSnapshot(this.store.snapshot(), options);
  }

  #itemsOf({ snapshot }: ReadOptions) {
    return snapshot === undefined ? this.store.items : snapshot.shown.items;
  }
}

/** Goes through what the database held when it was made, or what a snapshot shows. */
class VarveIterator<K, V> extends AbstractIterator<VarveLevel<K, V>, K, V> {
  readonly #store: Store;
  readonly #own: Snapshot | undefined;
  readonly #range: Range<Item>;
  readonly #wanted: { keys: boolean; values: boolean };

  constructor(db: VarveLevel<K, V>, options: object) {
    super(db, options);
    const encoded: IteratorOptions = options;
    const { snapshot, keys = true, values = true } = encoded;
    this.#store = db.store;
    this.#own = snapshot === undefined ? this.#store.snapshot() : undefined;
    this.#range = new Range((this.#own ?? snapshot?.shown ?? this.#store).items, encoded);
    this.#wanted = { keys, values };
  }

  async _next(): Promise<unknown> {
    return this.#entryOf(this.#range.next());
  }

  async _nextv(size: number): Promise<unknown[]> {
    const entries = [];
    for (
      let entry = this.#entryOf(this.#range.next());
      entry !== undefined;
      entry = this.#entryOf(this.#range.next())
    ) {
      entries.push(entry);
      if (entries.length === size) break;
    }
    return entries;
  }

  _seek(target: Uint8Array): void {
    this.#range.seek(target);
  }

  async _close(): Promise<void> {
    this.#own?.release();
  }

  #entryOf(item: Item | undefined): [Uint8Array | undefined, Uint8Array | undefined] | undefined {
    if (item === undefined) return undefined;
    const { keys, values } = this.#wanted;
    return [keys ? item.key : undefined, values ? this.#store.read(item) : undefined];
  }
}

/** The one that its types leave without a constructor takes options, too. */
const Snapshots = AbstractSnapshot as new (options: object) => AbstractSnapshot;

class VarveSnapshot extends Snapshots {
  readonly shown: Snapshot;

  constructor(shown: Snapshot, options: object) {
    super(options);
    this.shown = shown;
  }

  async _close(): Promise<void> {
    this.shown.release();
  }
}

/** Opens the stream, or creates it, as abstract-level's options say. */
async function openStream(
  location: Target,
  { createIfMissing, errorIfExists, size = '16MiB', maxSize = '1GiB' }: OpenOptions,
): Promise<Stream> {
  const isMedium = typeof location === 'object' && !(location instanceof URL);
  const growth = isMedium ? {} : { maxSize };
  try {
    const stream = await Stream.open(location, { mode: 'open', ...growth });
    if (!errorIfExists) return stream;
    await stream.close();
  } catch (cause) {
    if (!(cause instanceof VarveError && cause.code === 'VARVE_NOT_FOUND')) throw cause;
    if (!createIfMissing)
      throw new Error(`${location} does not exist, and createIfMissing is false`, { cause });
    return await Stream.open(location, { mode: 'create', ...(isMedium ? {} : { size, maxSize }) });
  }
  throw new Error(`${location} exists, and errorIfExists is true`);
}
