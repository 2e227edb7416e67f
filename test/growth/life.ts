import { statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Consumer, type Entry, type Log, Stream, type StreamOptions } from '../../src/index.js';
import { Order, payloadOf } from './payload.js';
import type { Sample } from './samples.js';

const MIB = 2 ** 20;
const SIZE = 4 * MIB;
const SIZE_MAX = 256 * MIB;
/** Each turn this many entries are appended, one of them persisted by itself. */
const BURST = 20;
const TURN_MS = 10;
/** The consumer that falls behind rests for as long as it takes to trim what it has not seen. */
const REST_MS = 45_000;
const READ_MS = 10_000;
const KEPT_BYTES = 24 * MIB;

/** What all lives of the stream have in common. */
export interface Story {
  readonly path: string;
  readonly medium: NonNullable<StreamOptions['medium']>;
  /** The number of the next entry. */
  next: number;
  /** Entries that the transactions have handled, exactly once each. */
  handled: number;
  readonly billed: Order;
  readonly times: number[];
  opening: number;
  readonly tally: Record<'entries' | 'handled' | 'openings' | 'reread' | 'watched' | 'gaps', number>;
}

export function newStory(path: string, medium: Story['medium']): Story {
  return {
    path,
    medium,
    next: 0,
    handled: 0,
    billed: new Order('the consumer with transactions', 0),
    times: [],
    opening: 0,
    tally: { entries: 0, handled: 0, openings: 0, reread: 0, watched: 0, gaps: 0 },
  };
}

/** A stream from its opening to its closing. */
export class Life {
  readonly #story: Story;
  readonly #stream: Stream;
  readonly #log: Log;
  readonly #results: Log;
  /** Ends the appends first, the consumers when they have seen everything. */
  readonly #enough = new AbortController();
  readonly #ending = new AbortController();
  readonly #watched = new Order('the consumer that falls behind', undefined);
  readonly #work: Promise<void>[] = [];

  private constructor(story: Story, stream: Stream, log: Log, results: Log) {
    this.#story = story;
    this.#stream = stream;
    this.#log = log;
    this.#results = results;
  }

  /** Opens the stream, reads all of it, and begins to append, to handle and to watch. */
  static async begin(story: Story): Promise<Life> {
    const started = performance.now();
    const size = story.tally.openings === 0 ? { size: SIZE } : {};
    const stream = await Stream.open(story.path, { ...size, maxSize: SIZE_MAX, medium: story.medium });
    story.opening = performance.now() - started;
    story.tally.openings++;
    const log = await stream.log('events', { segmentSize: MIB, retain: { bytes: KEPT_BYTES } });
    const results = await stream.log('results', { segmentSize: MIB, retain: { entries: 10_000 } });
    const life = new Life(story, stream, log, results);
    life.#rereadAll();
    const { signal } = life.#ending;
    const biller = await log.consumer('billing', { protect: true, signal });
    const watcher = await log.consumer('watching', { onGap: () => life.#watched.gap(), signal });
    life.#work.push(life.#append(), life.#handle(biller), life.#watch(watcher));
    return life;
  }

  /** Resolves at the first finding, with it. */
  get finding(): Promise<unknown> {
    return Promise.race(
      this.#work.map((work) =>
        work.then(
          () => new Promise(() => {}),
          (error) => error,
        ),
      ),
    );
  }

  state(): Pick<Sample, 'fileSize' | 'logBytes' | 'segments' | 'opening'> {
    return {
      fileSize: statSync(this.#story.path).size,
      logBytes: this.#log.bytes,
      segments: [...this.#log.segments()].length,
      opening: this.#story.opening,
    };
  }

  async end(): Promise<void> {
    const { tally } = this.#story;
    this.#enough.abort();
    await this.#work[0];
    while (this.#story.handled < this.#story.next) await Promise.race([sleep(TURN_MS), this.#failed()]);
    this.#ending.abort();
    await Promise.all(this.#work);
    tally.watched += this.#watched.seen;
    tally.gaps += this.#watched.gaps;
    await this.#stream.close();
  }

  /** Rejects with the first finding. */
  async #failed(): Promise<void> {
    const finding = await this.finding;
    throw finding;
  }

  /** Whatever is left must be there in one piece, up to the last entry that was acknowledged to us; results as many as were handled. */
  #rereadAll(): void {
    const { tally, next, handled } = this.#story;
    for (const [log, end, who] of [
      [this.#log, next, 'events'],
      [this.#results, handled, 'results'],
    ] as const) {
      const order = new Order(`a reopened log of ${who}`, undefined);
      let last = -1;
      for (const entry of log) last = order.take(entry.data);
      if (last !== end - 1) throw new Error(`${who} end with ${last} instead of ${end - 1}`);
      tally.reread += order.seen;
    }
  }

  async #append(): Promise<void> {
    const story = this.#story;
    while (!this.#enough.signal.aborted) {
      const under = Array.from({ length: BURST - 1 }, () => this.#log.append(payloadOf(story.next++)));
      const started = performance.now();
      this.#log.appendSync(payloadOf(story.next++));
      story.times.push(performance.now() - started);
      await Promise.all(under);
      story.tally.entries += BURST;
      if (story.next % (BURST * 3000) === 0) await this.#trimSome();
      await sleep(TURN_MS);
    }
  }

  /** Besides what the options have trimmed. */
  async #trimSome(): Promise<void> {
    const { first, last } = this.#log;
    await this.#log.trim({ before: first + Math.floor((last - first) / 4) });
  }

  /** Of each entry a result is made, together with the acknowledgement: once and only once. */
  async #handle(consumer: Consumer): Promise<void> {
    const story = this.#story;
    let batch: Entry[] = [];
    for await (const entry of consumer) {
      story.billed.take(entry.data);
      batch.push(entry);
      if (batch.length < BURST) continue;
      await this.#stream.transaction((tx) => {
        for (const one of batch) tx.append(this.#results, one.data);
        tx.ack(consumer, entry);
      });
      story.handled += batch.length;
      story.tally.handled += batch.length;
      batch = [];
    }
    // The appends of a turn end before a life does: no batch is ever left in part.
    if (batch.length > 0) throw new Error(`${batch.length} entries of a turn are missing`);
  }

  /** Falls behind again and again, and takes up what is left. */
  async #watch(consumer: Consumer): Promise<void> {
    let rested = Date.now();
    for await (const entry of consumer) {
      this.#watched.take(entry.data);
      if (entry.timestamp % 100 === 0) void consumer.ack(entry).catch(() => {});
      if (Date.now() - rested < READ_MS) continue;
      await sleep(REST_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
      rested = Date.now();
    }
  }
}
