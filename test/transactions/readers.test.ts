import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Entry, type Region, Stream } from '../../src/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { fails } from '../helpers/errors.js';
import { type SharedBytes, SharedMedium, type Sight } from '../readers/shared-medium.js';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const STEPS = 80;

class Killed extends Error {}

/** A payload says which transaction it is a part of, and which regions the others are in. */
function partText(number: number, regions: readonly string[]): string {
  return `${number} ${regions.join('')}`;
}

/** A reader that notes which transactions it has seen a part of: from then on it must see all of them. */
class Reader {
  readonly #stream: Stream;
  readonly #random: Random;
  readonly #seen = new Map<string, string>();

  constructor(shared: SharedBytes, random: Random) {
    this.#stream = Stream.openSync(new SharedMedium(shared, true), { readOnly: true });
    this.#random = random;
  }

  /** Looks into the regions one after the other, beginning with any. */
  look(): void {
    const first = this.#random(NAMES.length);
    for (let i = 0; i < NAMES.length; i++) {
      const name = NAMES[(first + i) % NAMES.length] as string;
      const region = this.#stream.region(name);
      if (region === undefined) continue;
      const texts = new Set(this.#entries(region).map((entry) => entry.text()));
      for (const [number, regions] of this.#seen) {
        if (!regions.includes(name)) continue;
        assert.ok(
          texts.has(`${number} ${regions}`),
          `transaction ${number} (${regions}) is not in ${name} yet`,
        );
      }
      for (const text of texts) {
        const [number, regions] = text.split(' ') as [string, string | undefined];
        if (regions !== undefined) this.#seen.set(number, regions);
      }
    }
  }

  get transactionsSeen(): number {
    return this.#seen.size;
  }

  close(): void {
    this.#stream.closeSync();
  }

  /** In one of the ways in which one can read. */
  #entries(region: Region): Entry[] {
    const way = this.#random(4);
    if (way === 0) return [...region.entries({ reverse: true })];
    if (way === 1) return [...this.#stream.entries()].filter((entry) => entry.region.id === region.id);
    const entries: Entry[] = [];
    if (way === 2) {
      const cursor = region.cursor();
      while (cursor.next()) entries.push(cursor.entry);
      return entries;
    }
    return [...region];
  }
}

/** A writer that is killed at times, and readers that look at every store of its drains. */
class Interleaving {
  readonly done = { transactions: 0, kills: 0, seen: 0 };
  readonly #random: Random;
  readonly #shared: SharedBytes;
  readonly #readers: Reader[] = [];
  #writer: Stream;
  /** Stores until the writer is killed. */
  #fuse = Number.POSITIVE_INFINITY;
  #ended = false;

  constructor(seed: number, sight: Sight) {
    this.#random = seededRandom(seed);
    this.#shared = { bytes: new Uint8Array(96 * 1024), sight, published: false };
    this.#writer = this.#open();
    for (const name of NAMES) this.#writer.allocateSync(16 * 1024, { name });
    for (let i = 0; i < 3; i++) this.#readers.push(new Reader(this.#shared, this.#random));
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      if (this.#random(12) === 0) this.#fuse = this.#random(4);
      try {
        this.#act(step);
      } catch (error) {
        if (!isKill(error)) throw error;
        this.#fuse = Number.POSITIVE_INFINITY;
        this.done.kills++;
        this.#writer = this.#open();
      }
      for (const reader of this.#readers) reader.look();
    }
    this.#end();
  }

  #open(): Stream {
    const medium = new SharedMedium(this.#shared, false);
    const stream = Stream.openSync(medium, this.#shared.published ? {} : { blockSize: 64 });
    medium.onDrain = () => {
      if (this.#ended) return;
      for (const reader of this.#readers) if (this.#random(2) === 0) reader.look();
      if (this.#fuse-- > 0) return;
      // What is left of it in this process has no part in the rest.
      medium.onDrain = undefined;
      throw new Killed();
    };
    return stream;
  }

  #act(step: number): void {
    const random = this.#random;
    const until = random(3) === 0 ? 'persisted' : 'committed';
    if (random(2) === 0) {
      this.#region(NAMES[random(4)] as string).appendSync(`plain${step}`, { until });
    } else {
      const regions = [...NAMES].sort(() => random(3) - 1).slice(0, 2 + random(3));
      const text = partText(step, regions);
      this.#writer.transactionSync(
        (tx) => {
          for (const name of regions) tx.append(this.#region(name), text);
        },
        { until },
      );
      this.done.transactions++;
    }
    if (random(4) === 0) this.#writer.persistSync();
  }

  #region(name: string): Region {
    return this.#writer.region(name) as Region;
  }

  #end(): void {
    this.#ended = true;
    this.#writer.closeSync();
    for (const reader of this.#readers) {
      this.done.seen = Math.max(this.done.seen, reader.transactionsSeen);
      reader.close();
    }
  }
}

function isKill(error: unknown): boolean {
  return error instanceof Killed || (error instanceof Error && error.cause instanceof Killed);
}

for (const sight of ['mapped', 'copied'] as const) {
  test(`a reader beside the writer sees all of a transaction or nothing (${sight})`, (t) => {
    const sum = { transactions: 0, kills: 0, seen: 0 };
    for (let seed = 1; seed <= (sight === 'mapped' ? 4 : 2); seed++) {
      const interleaving = new Interleaving(seed, sight);
      interleaving.run(STEPS);
      sum.transactions += interleaving.done.transactions;
      sum.kills += interleaving.done.kills;
      sum.seen += interleaving.done.seen;
    }
    assert.ok(sum.kills > 5 && sum.seen > sum.transactions / 2, JSON.stringify(sum));
    t.diagnostic(JSON.stringify(sum));
  });
}

test('what a crash has left of a transaction no reader shows, before and after the next writer', () => {
  const shared: SharedBytes = { bytes: new Uint8Array(64 * 1024), sight: 'mapped', published: false };
  const medium = new SharedMedium(shared, false);
  const writer = Stream.openSync(medium, { blockSize: 64 });
  for (const name of NAMES) writer.allocateSync(4096, { name });
  writer.region('a')?.appendSync('before');
  // The first half of what is flushed for the first region is all that reaches the bytes.
  const before = shared.bytes.slice();
  writer.transactionSync((tx) => {
    for (const name of ['a', 'b']) tx.append(writer.region(name) as Region, `of two ${name}`);
  });
  const offset = writer.region('b')?.offset as number;
  shared.bytes.set(before.subarray(offset, offset + 4096), offset);
  const reader = Stream.openSync(new SharedMedium(shared, true), { readOnly: true });
  const shown = (): string[] =>
    NAMES.flatMap((name) => Array.from(reader.region(name) ?? [], (e) => e.text()));
  assert.deepEqual(shown(), ['before']);
  assert.deepEqual(
    Array.from(reader.entries({ reverse: true }), (e) => e.text()),
    ['before'],
  );
  assert.equal(reader.committed, 1);
  const next = Stream.openSync(new SharedMedium(shared, false));
  assert.deepEqual(shown(), ['before']);
  next.region('c')?.appendSync('later');
  assert.deepEqual(shown(), ['before', 'later']);
  next.region('a')?.appendSync('in its place');
  assert.deepEqual(shown(), ['before', 'in its place', 'later']);
  fails('VARVE_READ_ONLY', () => reader.transactionSync(() => {}));
});
