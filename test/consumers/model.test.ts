import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Consumer, type Log, MemoryMedium, Stream } from '../../src/index.js';
import { take } from './reading.js';

/** What may happen to a log and a consumer of it. Numbers say which entry, as a part of all. */
const step = fc.oneof(
  fc.record({ act: fc.constant('append' as const), count: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ act: fc.constant('ack' as const), at: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  fc.record({ act: fc.constant('seek' as const), at: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  fc.record({ act: fc.constant('ends' as const), last: fc.boolean() }),
  fc.record({ act: fc.constant('trim' as const), at: fc.double({ min: 0, max: 0.999, noNaN: true }) }),
  fc.record({ act: fc.constant('truncate' as const), at: fc.double({ min: 0.7, max: 0.999, noNaN: true }) }),
  fc.record({ act: fc.constant('reopen' as const), protect: fc.boolean() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A log with one consumer, and what is to be there. */
class World {
  /** Timestamps of the entries. */
  entries: number[] = [];
  position = 0;
  protect = false;
  /** Entries with lower timestamps are trimmed. */
  first = 0;
  stream: Stream;
  log: Log;
  consumer: Consumer;
  readonly #medium: MemoryMedium;

  constructor() {
    this.#medium = new MemoryMedium('256KiB');
    this.stream = Stream.openSync(this.#medium, { blockSize: 512 });
    this.log = this.stream.logSync('orders', { segmentSize: 1024 });
    this.consumer = this.log.consumerSync('billing', { onGap: 'skip' });
  }

  async take(given: Step): Promise<void> {
    if (given.act === 'append') this.#append(given.count);
    else if (given.act === 'reopen') this.#reopen(given.protect);
    else if (given.act === 'ends') await this.#seekEnd(given.last);
    else await this.#at(given.act, this.entries[Math.floor(given.at * this.entries.length)]);
  }

  #append(count: number): void {
    for (let i = 0; i < count && this.stream.available > 16_384; i++) {
      this.entries.push(this.log.appendSync('entry', { until: 'committed' }).timestamp);
    }
  }

  #reopen(protect: boolean): void {
    this.stream.closeSync();
    this.stream = Stream.openSync(this.#medium);
    this.log = this.stream.logSync('orders');
    this.protect = protect;
    this.consumer = this.log.consumerSync('billing', { onGap: 'skip', protect });
  }

  async #seekEnd(last: boolean): Promise<void> {
    await this.consumer.seek(last ? 'last' : 'first');
    const before = Math.max(0, this.first - 1);
    this.position = last ? Math.max(before, this.entries.at(-1) ?? 0) : before;
  }

  async #at(act: 'ack' | 'seek' | 'trim' | 'truncate', timestamp: number | undefined): Promise<void> {
    if (timestamp === undefined) return;
    if (act === 'ack') {
      await this.consumer.ack(timestamp);
      this.position = Math.max(this.position, timestamp);
    } else if (act === 'seek') {
      await this.consumer.seek({ timestamp });
      this.position = timestamp - 1;
    } else if (act === 'trim') await this.#trim(timestamp);
    else {
      await this.log.truncateAfter(timestamp);
      this.entries = this.entries.filter((each) => each <= timestamp);
    }
  }

  async #trim(before: number): Promise<void> {
    await this.log.trim({ before });
    const until = this.protect ? Math.min(before, this.position + 1) : before;
    const gone = this.entries.filter((each) => each < until);
    this.entries = this.entries.slice(gone.length);
    this.first = Math.max(this.first, (gone.at(-1) ?? -1) + 1);
  }

  async check(): Promise<void> {
    const rest = this.entries.filter((each) => each > this.position);
    assert.equal(this.consumer.position, this.position);
    assert.equal(this.consumer.lag, rest.length);
    assert.equal(this.log.consumers()[0]?.lag, rest.length);
    assert.equal(this.consumer.lagBytes > 0, rest.length > 0);
    const taken = await take(this.consumer, Math.min(rest.length, 3));
    assert.deepEqual(
      taken.map(({ timestamp }) => timestamp),
      rest.slice(0, 3),
    );
  }
}

test('whatever is done to a log, a consumer stands where it was put, and what is left for it is what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const world = new World();
      for (const each of steps) {
        await world.take(each);
        await world.check();
      }
      world.stream.closeSync();
    }),
    { numRuns: 50 },
  );
});
