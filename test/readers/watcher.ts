import assert from 'node:assert/strict';
import { MergedWalker } from '../../src/core/merge.js';
import { openCore } from '../../src/core/open.js';
import { takeSync } from '../../src/core/steps.js';
import type { StreamCore } from '../../src/core/stream-core.js';
import { type Cursor, type Entry, type Region, Stream } from '../../src/index.js';
import type { Random } from '../../src/testing/random.js';
import { isFailure } from '../helpers/errors.js';
import type { Ledger } from './ledger.js';
import { originOf } from './payload.js';
import { type SharedBytes, SharedMedium } from './shared-medium.js';

/** Something that a reader holds of a life of a region. */
interface Held<T> {
  readonly region: number;
  readonly life: number;
  readonly what: T;
}

const HELD_MAX = 8;

/** A reader that looks at this and that, keeps some of it, and judges everything by what the writer did. */
export class Watcher {
  readonly done: Record<string, number> = {};
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #shared: SharedBytes;
  #stream: Stream;
  #entries: Held<Entry>[] = [];
  #iterators: Held<Iterator<Entry>>[] = [];
  #cursors: Held<Cursor>[] = [];
  #regions: Held<Region>[] = [];

  constructor(random: Random, shared: SharedBytes, ledger: Ledger) {
    this.#random = random;
    this.#ledger = ledger;
    this.#shared = shared;
    this.#stream = this.#open();
  }

  /** Looks at something. */
  look(): void {
    const look = LOOKS[this.#random(LOOKS.length)] as Look;
    this.#count(look);
    this[look]();
  }

  /** Looks at everything, where nothing is being changed. */
  lookAtAll(): void {
    for (const look of new Set(LOOKS)) this[look]();
  }

  /** Looks at everything when the writer has closed: nothing is in doubt any more. */
  lookAtEnd(): void {
    this.lookAtAll();
    const { persisted, committed } = this.#stream;
    const last = this.#ledger.persisted;
    assert.deepEqual([persisted, committed], [last, last], 'what is persisted and committed in the end');
  }

  /** The regions are those of the writer, but for the one that is just being changed. */
  regions(): void {
    const { change } = this.#ledger;
    const seen = new Set(Array.from(this.#stream.regions(), ({ id }) => id));
    const there = new Set(this.#ledger.living.map(({ id }) => id));
    for (const id of seen)
      if (id !== change?.id) assert.ok(there.has(id), `region ${id} is seen, and is not there`);
    for (const id of there)
      if (id !== change?.id) assert.ok(seen.has(id), `region ${id} is there, and is not seen`);
  }

  byName(): void {
    const fate = this.#anyFate();
    if (fate?.name === undefined) return;
    const region = this.#stream.region(fate.name);
    if (fate.id !== this.#ledger.change?.id)
      assert.equal(region?.id, fate.id, `the region named ${fate.name}`);
  }

  /** A region holds at least what was acknowledged, at most what was committed, in the order of the appends. */
  wholeRegion(): void {
    const region = this.#anyRegion();
    if (region === undefined) return;
    const where = `a walk through region ${region.id}`;
    const entries = this.#unlessOver(region.id, () => {
      const backwards = this.#random(4) === 0;
      const found = Array.from(region.entries({ reverse: backwards }), (entry) => this.#judged(entry, where));
      return backwards ? found.reverse() : found;
    });
    if (entries !== undefined) this.#assertComplete([region.id], entries, where);
  }

  /** All regions together, in order. */
  merged(): void {
    const backwards = this.#random(4) === 0;
    const where = `a walk through all regions, ${backwards ? 'backwards' : 'forwards'}`;
    const found = Array.from(this.#stream.entries({ reverse: backwards }), (entry) =>
      this.#judged(entry, where),
    );
    if (backwards) found.reverse();
    this.#assertComplete(
      this.#ledger.living.map(({ id }) => id),
      found,
      where,
    );
  }

  persisted(): void {
    const { persisted, committed } = this.#stream;
    assert.ok(
      persisted <= this.#ledger.persisted,
      `${persisted} is called persisted, not ${this.#ledger.persisted}`,
    );
    assert.ok(persisted <= committed, `persisted ${persisted}, committed ${committed}`);
    for (const { timestamp } of this.#stream.entries({ until: 'persisted' })) {
      assert.ok(timestamp <= this.#ledger.persisted, `${timestamp} is shown as persisted`);
    }
  }

  keep(): void {
    const region = this.#anyRegion();
    if (region === undefined) return;
    const life = this.#ledger.fate(region.id).life;
    // Which life it is that is seen is not certain in the midst of a clear.
    if (this.#ledger.change?.id === region.id) return;
    const keep = <T>(list: Held<T>[], what: T): Held<T>[] =>
      [...list, { region: region.id, life, what }].slice(-HELD_MAX);
    this.#regions = keep(this.#regions, region);
    this.#iterators = keep(this.#iterators, region.entries());
    this.#cursors = keep(this.#cursors, region.cursor());
    for (const entry of region) if (this.#random(3) === 0) this.#entries = keep(this.#entries, entry);
  }

  heldEntries(): void {
    for (const held of this.#entries) {
      this.#use(held, 'a kept entry', ({ what }) => void this.#judged(what, 'a kept entry'));
    }
    this.#entries = this.#entries.filter((held) => !this.#isOver(held));
  }

  heldIterators(): void {
    for (const held of this.#iterators) {
      this.#use(held, 'a kept iterator', ({ what }) => {
        const { value, done } = what.next();
        if (done !== true) this.#judged(value as Entry, 'a kept iterator');
        // It stays at its end, whatever becomes of the region.
        else this.#iterators = this.#iterators.filter((other) => other !== held);
      });
    }
    this.#iterators = this.#iterators.filter((held) => !this.#isOver(held));
  }

  heldCursors(): void {
    for (const held of this.#cursors) {
      this.#use(held, 'a kept cursor', ({ what }) => {
        if (what.next()) this.#judged(what.entry, 'a kept cursor');
      });
    }
    this.#cursors = this.#cursors.filter((held) => !this.#isOver(held));
  }

  heldRegions(): void {
    const ledger = this.#ledger;
    for (const { region: id, what } of this.#regions) {
      const fate = ledger.fate(id);
      const entries = this.#unlessOver(id, () =>
        Array.from(what, (entry) => this.#judged(entry, 'a kept region')),
      );
      if (!fate.alive)
        assert.equal(entries, undefined, `the handle of region ${id}, which was freed, is of use`);
      else if (entries !== undefined) this.#assertComplete([id], entries, 'a kept region');
    }
    this.#regions = this.#regions.filter(({ region }) => ledger.fate(region).alive);
  }

  reopen(): void {
    this.#stream.closeSync();
    this.#entries = [];
    this.#iterators = [];
    this.#cursors = [];
    this.#regions = [];
    this.#stream = this.#open();
  }

  #open(): Stream {
    return Stream.openSync(new SharedMedium(this.#shared, true), { readOnly: true });
  }

  #anyFate() {
    const { living } = this.#ledger;
    return living[this.#random(Math.max(1, living.length))];
  }

  #anyRegion(): Region | undefined {
    const fate = this.#anyFate();
    return fate === undefined ? undefined : this.#stream.region(fate.id);
  }

  #judged(entry: Entry, where: string): number {
    const origin = originOf(entry.copy(), where);
    assert.equal(origin.region, entry.region.id, where);
    this.#ledger.judge(origin, entry.timestamp, where);
    return entry.timestamp;
  }

  #isOver({ region, life }: Held<unknown>): boolean {
    return this.#ledger.isOver(region, life);
  }

  /** What is held must throw once its life is over, and only then. */
  #use<T>(held: Held<T>, what: string, use: (held: Held<T>) => void): void {
    const { region, life } = held;
    try {
      use(held);
    } catch (error) {
      if (!isFailure(error, ['VARVE_REGION_FREED'])) throw error;
      assert.ok(this.#ledger.mayBeOver(region, life), `${what} of region ${region} throws: ${error}`);
      return;
    }
    const ended = what === 'a kept iterator' && !this.#iterators.some((other) => other === held);
    assert.ok(
      ended || !this.#isOver(held),
      `${what} of region ${region} is of use, though its life ${life} is over`,
    );
  }

  #unlessOver<T>(id: number, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      const fate = this.#ledger.fates.get(id);
      const mayThrow = fate?.alive !== true || this.#ledger.change?.id === id;
      if (isFailure(error, ['VARVE_REGION_FREED']) && mayThrow) return undefined;
      throw error;
    }
  }

  #assertComplete(ids: readonly number[], timestamps: readonly number[], where: string): void {
    const seen = new Set(timestamps);
    for (let i = 1; i < timestamps.length; i++) {
      const [before, now] = [timestamps[i - 1] as number, timestamps[i] as number];
      assert.ok(before < now, `${where}: ${now} comes after ${before}`);
    }
    const { change } = this.#ledger;
    for (const id of ids) {
      if (change?.id === id && change.kind !== 'append') continue;
      for (const fact of this.#ledger.fate(id).facts) {
        if (fact.acknowledged)
          assert.ok(
            seen.has(fact.timestamp),
            `${where}: ${fact.timestamp} of region ${id} is missing among ${timestamps}`,
          );
      }
    }
  }

  #count(what: string): void {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }
}

/** A tail over all regions, as `Stream.tail` has one, but one that can be asked at any time. */
export class MergedTail {
  readonly #core: StreamCore;
  readonly #walker: MergedWalker;
  readonly #ledger: Ledger;
  readonly #seen = new Set<number>();
  #last = 0;

  constructor(shared: SharedBytes, ledger: Ledger) {
    const medium = new SharedMedium(shared, true);
    const request = {
      size: undefined,
      maxSize: undefined,
      blockSize: undefined,
      mode: 'open',
      readOnly: true,
      onProgress: () => {},
    } as const;
    this.#core = takeSync(openCore(medium, request), medium);
    this.#walker = new MergedWalker(this.#core, 0, false);
    this.#ledger = ledger;
  }

  /** Takes at most so many entries, and holds their order against the ledger. */
  take(most: number): void {
    for (let i = 0; i < most; i++) {
      const at = this.#walker.next();
      if (at === undefined) return;
      const { timestamp, region, window, position, size } = at;
      const start = position - window.start + 16;
      const bytes = window.bytes.slice(start, start + size);
      if (!region.presence.isStill(region.life)) continue;
      const where = 'a tail of all regions';
      this.#ledger.judge(originOf(bytes, where), timestamp, where);
      assert.ok(timestamp > this.#last, `${where}: ${timestamp} comes after ${this.#last}`);
      this.#last = timestamp;
      this.#seen.add(timestamp);
    }
  }

  /** Nothing that is there was passed over. */
  assertComplete(upTo = this.#last): void {
    for (const { facts, id } of this.#ledger.living) {
      for (const { timestamp } of facts) {
        if (timestamp > upTo) continue;
        assert.ok(this.#seen.has(timestamp), `the tail has passed over ${timestamp} of region ${id}`);
      }
    }
  }

  get seen(): number {
    return this.#seen.size;
  }
}

const LOOKS = [
  'regions',
  'byName',
  'wholeRegion',
  'wholeRegion',
  'merged',
  'persisted',
  'keep',
  'heldEntries',
  'heldIterators',
  'heldCursors',
  'heldRegions',
  'reopen',
] as const;
type Look = (typeof LOOKS)[number];
