import { TIMESTAMP_END } from '../../format/layout.js';
import { Heap } from '../heap.js';

/** What a journal says of one consumer. */
export interface ConsumerRecord {
  /** Stands for the name in records of its position. Never another's in the same log. */
  readonly id: number;
  readonly name: string;
  /** Timestamp up to which everything is acknowledged; 0 if nothing is. */
  readonly position: number;
  /** Counts up with each position: of two, the one with the higher revision counts. */
  readonly revision: number;
  /** True if trimming is not to go past it. */
  readonly protect: boolean;
}

const encoder = new TextEncoder();

/** As many bytes the record of a consumer takes in a snapshot at most, however far its numbers rise. */
export function snapshotShare(id: number, name: string): number {
  const position = TIMESTAMP_END;
  return (
    encoder.encode(JSON.stringify({ id, name, position, revision: position, protect: false })).length + 1
  );
}

/** All consumers of a log: none of what is asked for looks through all of them. */
export class ConsumerRecords {
  readonly #byId = new Map<number, ConsumerRecord>();
  readonly #ids = new Map<string, number>();
  #bytes = 0;
  /**
   * Those that protect, by positions that are not above theirs: most only rise, and who has moved is only looked at when he is the first. Some are there
   * twice, or protect no more. Made when it is asked for.
   */
  #protecting: Heap<number> | undefined;

  get size(): number {
    return this.#byId.size;
  }

  /** As many bytes all of them take in a snapshot at most. */
  get bytes(): number {
    return this.#bytes;
  }

  get(id: number): ConsumerRecord | undefined {
    return this.#byId.get(id);
  }

  has(id: number): boolean {
    return this.#byId.has(id);
  }

  named(name: string): ConsumerRecord | undefined {
    const id = this.#ids.get(name);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  values(): IterableIterator<ConsumerRecord> {
    return this.#byId.values();
  }

  /** A consumer that was not there. */
  add(record: ConsumerRecord): void {
    this.#byId.set(record.id, record);
    this.#ids.set(record.name, record.id);
    this.#bytes += snapshotShare(record.id, record.name);
    if (record.protect) this.#protects(record);
  }

  /** Says something else of a consumer that is there: all but the name. */
  replace(before: ConsumerRecord, record: ConsumerRecord): void {
    this.#byId.set(record.id, record);
    if (record.protect && (!before.protect || record.position < before.position)) this.#protects(record);
  }

  remove({ id, name }: ConsumerRecord): void {
    this.#byId.delete(id);
    this.#ids.delete(name);
    this.#bytes -= snapshotShare(id, name);
  }

  /** The least position of those that protect; infinite if none does. */
  get leastProtected(): number {
    this.#protecting ??= this.#heap();
    const heap = this.#protecting;
    for (let id = heap.first; id !== undefined; id = heap.first) {
      const record = this.#byId.get(id);
      if (record?.protect !== true || record.position < heap.firstRank) heap.pop();
      else if (record.position > heap.firstRank) heap.sinkFirst(record.position);
      else return record.position;
    }
    return Number.POSITIVE_INFINITY;
  }

  #protects({ id, position }: ConsumerRecord): void {
    const heap = this.#protecting;
    if (heap === undefined) return;
    heap.push(id, position);
    // Where many are there twice, it is made anew.
    if (heap.size > 2 * this.size + 16) this.#protecting = undefined;
  }

  #heap(): Heap<number> {
    const heap = new Heap<number>();
    for (const { id, position, protect } of this.#byId.values()) if (protect) heap.push(id, position);
    return heap;
  }
}
