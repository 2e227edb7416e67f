import type { Block } from './block.js';
import type { Segment } from './segment.js';

/** A block that waits to be stored. */
interface Waiting {
  readonly segment: Segment;
  readonly number: number;
  readonly position: number;
  readonly block: Block;
}

/** How far a segment is filled once a group is durable. */
interface Reach {
  readonly base: number;
  end: number;
  next: number;
}

/**
 * What becomes durable together: the blocks between two syncs. They lie one behind the other, perhaps in several segments, and the last one says
 * that it is the last. After a crash all of them are there, or none counts.
 */
export class Group {
  /** Where it begins. */
  readonly position: number;
  readonly #waiting: Waiting[] = [];
  readonly #reach = new Map<Segment, Reach>();
  #waitingBytes = 0;

  constructor(position: number) {
    this.position = position;
  }

  get isEmpty(): boolean {
    return this.#reach.size === 0;
  }

  get segments(): Iterable<Segment> {
    return this.#reach.keys();
  }

  /** Bytes of memory that blocks take which are not stored. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The block that takes more data, if it was not stored. */
  get tail(): Block | undefined {
    return this.#waiting.at(-1)?.block;
  }

  /** Takes the next block of a segment. */
  take(segment: Segment, position: number): Block {
    const block = segment.newBlock();
    const number = segment.taken++;
    this.#waiting.push({ segment, number, position, block });
    this.#waitingBytes += segment.size;
    const reach = this.#reach.get(segment) ?? { base: position, end: position, next: number };
    this.#reach.set(segment, { ...reach, next: number + 1 });
    return block;
  }

  /**
   * Stores what waits, in order; all but the last block if it is to go on. After an error all that was not stored for certain waits still.
   *
   * @param first what was dropped from the front
   */
  store(first: number, goesOn: boolean): void {
    const keep = goesOn ? 1 : 0;
    while (this.#waiting.length > keep) {
      const run = this.#run(this.#waiting.length - keep);
      const { segment, number } = run[0] as Waiting;
      for (const each of run) this.#seal(each, first, !goesOn && each === this.#waiting.at(-1));
      segment.store(
        number,
        run.map(({ block }) => block),
      );
      this.#stored(run);
    }
  }

  /** It is durable: its segments know it from now on. */
  settle(): void {
    for (const [segment, { base, end, next }] of this.#reach) {
      if (!segment.hasData) segment.base = base;
      segment.end = end;
      segment.durable = next;
    }
  }

  /** The blocks of the first segment that wait, at most `most`. */
  #run(most: number): Waiting[] {
    const segment = this.#waiting[0]?.segment;
    const other = this.#waiting.findIndex((each) => each.segment !== segment);
    return this.#waiting.slice(0, other < 0 ? most : Math.min(other, most));
  }

  #seal({ segment, number, position, block }: Waiting, first: number, ends: boolean): void {
    const { id, durable } = segment;
    block.seal({ id, position, group: this.position, first, number, durable, ends });
  }

  #stored(run: readonly Waiting[]): void {
    this.#waiting.splice(0, run.length);
    for (const { segment, block } of run) {
      this.#waitingBytes -= segment.size;
      (this.#reach.get(segment) as Reach).end = block.end;
    }
  }
}
