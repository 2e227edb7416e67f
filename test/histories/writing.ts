import { setTimeout as delay } from 'node:timers/promises';
import type { Entry, Region, Transaction, Until } from '../../src/index.js';
import { Changing, roomIn } from './changing.js';
import { numberOf } from './decode.js';
import { type Desk, noteFailure } from './desk.js';
import { bytesFor, PAYLOAD_MIN, textFor } from './payload.js';
import { Kind, now } from './tape.js';

const DONE = numberOf('done');
/** Milliseconds from one storm to the next. */
const STORM = 70;
const STORM_APPENDS = 250;

/** What goes into one region. */
interface TransactionPart {
  /** Where on the tape it stands. */
  readonly at: number;
  readonly region: Region;
  readonly bytes: Uint8Array;
  readonly expectedLast: number | undefined;
}

function collect(tx: Transaction, parts: readonly TransactionPart[]): void {
  for (const { region, bytes, expectedLast } of parts)
    tx.append(region, bytes, expectedLast === undefined ? {} : { expectedLast });
}

/** Writes in all ways there are, and notes what it asked for and what came of it. */
export class Writing {
  readonly #desk: Desk;
  readonly #changing: Changing;
  readonly #pending = new Set<Promise<void>>();
  #number = 0;
  /** The number of the last storm, since 1970. */
  #storms = 0;
  /** Slots of this thread that are open, by region. */
  readonly #open = new Map<number, number>();

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#changing = new Changing(desk);
  }

  /** One way to write or another. */
  async any(): Promise<void> {
    const { random } = this.#desk;
    // All threads at the same time, by the clock that they share.
    if (performance.timeOrigin + performance.now() - this.#storms * STORM > STORM) return this.#storm();
    const way = random(41);
    if (way < 12) this.#blocking();
    else if (way < 20) this.#inFlight();
    else if (way < 24) this.#slots();
    else if (way < 28) this.#compareAndAppend();
    else if (way < 30) this.#transaction();
    else if (way < 32) await this.#persist();
    else if (way < 33) await this.#changing.any(this.#open.size === 0);
    else if (way < 37) await this.#drain();
    else await delay(random(3));
  }

  /** Waits until everything under way has settled. */
  async end(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }

  /** A region of that name, with one entry. */
  async finish(name: string): Promise<void> {
    const region = await this.#changing.allocate(8192, name);
    if (region !== undefined) this.#sync(region, 100, 'persisted', (bytes) => region.appendSync(bytes));
  }

  /** One after the other. Not while a slot of this thread is open: another one might wait for that while this one waits for it. */
  #blocking(): void {
    const { random } = this.#desk;
    for (let count = 1 + random(12); count > 0; count -= 1) {
      const size = this.#size();
      const region = this.#open.size === 0 ? this.#roomy(size) : this.#regionHeldUp();
      if (region === undefined) return;
      const until = random(3) === 0 ? 'persisted' : 'committed';
      const way = random(4);
      if (way === 0)
        this.#sync(region, size, until, (bytes) =>
          region.appendvSync([bytes.subarray(0, 9), bytes.subarray(9)], { until }),
        );
      else if (way === 1) this.#syncText(region, until);
      else this.#sync(region, size, until, (bytes) => region.appendSync(bytes, { until }));
    }
  }

  /** As fast as can be: only so do threads meet in the midst of a commit. */
  #storm(): void {
    this.#storms = Math.floor((performance.timeOrigin + performance.now()) / STORM);
    if (this.#open.size > 0) return;
    const { tape, random } = this.#desk;
    const region = this.#roomy(STORM_APPENDS * 64);
    if (region === undefined) return;
    if (random(2) === 0) {
      for (let count = STORM_APPENDS / 4; count > 0 && !tape.full; count -= 1) this.#blockingTransaction();
      return;
    }
    const until = 'committed';
    const first = this.#number + 1;
    const origin = { actor: this.#desk.actor, region: region.id, life: this.#life(region) };
    const payloads = Array.from({ length: STORM_APPENDS }, (_, index) =>
      bytesFor({ ...origin, number: first + index }, PAYLOAD_MIN),
    );
    for (const bytes of payloads) {
      if (tape.full) return;
      this.#settle(this.#begin(region, until), () => region.appendSync(bytes, { until }));
    }
  }

  #transaction(): void {
    const { random, stream } = this.#desk;
    for (let count = 1 + random(6); count > 0; count -= 1) {
      if (this.#open.size === 0 && random(2) === 0) this.#blockingTransaction();
      else {
        const until = random(2) === 0 ? 'persisted' : 'committed';
        const parts = this.#parts(until);
        if (parts.length === 0) return;
        const done = stream
          .transaction((tx) => collect(tx, parts), { until })
          .then(
            (entries) => this.#committed(parts, entries),
            (error: unknown) => this.#refused(parts, error),
          );
        this.#keep(done);
      }
    }
  }

  #blockingTransaction(): void {
    const until = this.#desk.random(4) === 0 ? 'persisted' : 'committed';
    const parts = this.#parts(until);
    if (parts.length === 0) return;
    try {
      this.#committed(
        parts,
        this.#desk.stream.transactionSync((tx) => collect(tx, parts), { until }),
      );
    } catch (error) {
      this.#refused(parts, error);
    }
  }

  /** What goes into a transaction: something in some regions, in one of them perhaps more. Notes that it begins. */
  #parts(until: Until): TransactionPart[] {
    const { random } = this.#desk;
    const first = this.#number + 1;
    const parts: TransactionPart[] = [];
    for (let count = 2 + random(3); count > 0; count -= 1) {
      const size = PAYLOAD_MIN + random(random(8) === 0 ? 3000 : 100);
      const region = this.#roomy(4 * (size + 24));
      if (region === undefined) continue;
      const expectedLast = parts.length === 0 && random(8) === 0 ? this.#lastOf(region) : undefined;
      const at = this.#begin(region, until, expectedLast ?? -1, 1, first);
      parts.push({ at, region, bytes: this.#bytes(region, size), expectedLast });
    }
    return parts;
  }

  #committed(parts: readonly TransactionPart[], entries: readonly Entry[]): void {
    const end = now();
    for (const [index, { at }] of parts.entries())
      this.#desk.tape.end(at, DONE, { 2: end, 6: end, 8: entries[index]?.timestamp ?? 0 });
  }

  #refused(parts: readonly TransactionPart[], error: unknown): void {
    for (const { at } of parts) noteFailure(this.#desk, at, error);
  }

  #inFlight(): void {
    const { random } = this.#desk;
    for (let count = 1 + random(30); count > 0; count -= 1) {
      const size = this.#size();
      const region = this.#roomy(size);
      if (region === undefined) return;
      const until = random(2) === 0 ? 'persisted' : 'committed';
      const at = this.#begin(region, until);
      const bytes = this.#bytes(region, size);
      const parts = [bytes.subarray(0, 5), bytes.subarray(5, 5), bytes.subarray(5)];
      const append = random(4) === 0 ? region.appendv(parts, { until }) : region.append(bytes, { until });
      this.#desk.tape.set(at, { 6: now() });
      this.#settles(at, append);
    }
  }

  #slots(): void {
    const { random } = this.#desk;
    for (let count = 1 + random(3); count > 0; count -= 1) {
      const size = PAYLOAD_MIN + random(1500);
      const region = this.#roomy(size + 100);
      if (region !== undefined) this.#keep(this.#hold(region, size));
    }
  }

  /** A slot that is open for a while, and is published or given up. */
  async #hold(region: Region, size: number): Promise<void> {
    const { tape, random } = this.#desk;
    const until = random(2) === 0 ? 'persisted' : 'committed';
    const at = this.#begin(region, until, -1, 0);
    const release = this.#opened(region);
    try {
      const slot = region.reserve(size + random(100));
      tape.set(at, { 6: now() });
      slot.data.set(this.#bytes(region, size));
      await delay(random(6));
      if (random(4) === 0) {
        slot.cancel();
        tape.end(at, numberOf('cancelled'));
        return;
      }
      tape.set(at, { 7: now() });
      const publishing = slot.publish(size, { until });
      release();
      const entry = await publishing;
      tape.end(at, DONE, { 8: entry.timestamp });
    } catch (error) {
      noteFailure(this.#desk, at, error);
    } finally {
      release();
    }
  }

  /** A slot is open in that region until the returned function is called. */
  #opened({ id }: Region): () => void {
    this.#open.set(id, (this.#open.get(id) ?? 0) + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#open.get(id) ?? 0) - 1;
      if (left > 0) this.#open.set(id, left);
      else this.#open.delete(id);
    };
  }

  /** Several threads see the same last entry: only one of them may append behind it. */
  #compareAndAppend(): void {
    if (this.#open.size > 0) return;
    const { random } = this.#desk;
    for (let count = 4; count > 0; count -= 1) {
      const region = this.#roomy(400);
      const last = region && this.#lastOf(region);
      if (region === undefined || last === undefined) return;
      const until = random(3) === 0 ? 'persisted' : 'committed';
      this.#sync(
        region,
        100,
        until,
        (bytes) => region.appendSync(bytes, { until, expectedLast: last }),
        last,
      );
    }
  }

  #lastOf(region: Region): number | undefined {
    try {
      return region.entries({ reverse: true }).next().value?.timestamp ?? 0;
    } catch {
      // It was cleared or freed meanwhile.
      return undefined;
    }
  }

  async #persist(): Promise<void> {
    const { tape, stream, random } = this.#desk;
    const way = this.#open.size > 0 ? 1 + random(2) : random(3);
    const upTo = way === 2 ? stream.committed : 0;
    const at = tape.add(Kind.persist, now(), 0, 0, upTo);
    try {
      if (way === 0) stream.persistSync();
      else if (way === 1) await stream.persist();
      else await stream.whenPersisted(upTo);
      tape.end(at, DONE);
    } catch (error) {
      noteFailure(this.#desk, at, error);
    }
  }

  async #drain(): Promise<void> {
    const [one] = this.#pending;
    if (this.#pending.size > 100) await Promise.all(this.#pending);
    else await one;
  }

  #sync(
    region: Region,
    size: number,
    until: Until,
    append: (bytes: Uint8Array, until: Until) => Entry,
    expectedLast = -1,
  ): void {
    const at = this.#begin(region, until, expectedLast);
    const bytes = this.#bytes(region, size);
    this.#settle(at, () => append(bytes, until));
  }

  #syncText(region: Region, until: Until): void {
    const at = this.#begin(region, until);
    const text = textFor({
      actor: this.#desk.actor,
      number: this.#number,
      region: region.id,
      life: this.#life(region),
    });
    this.#settle(at, () => region.appendSync(text, { until }));
  }

  #settle(at: number, append: () => Entry): void {
    try {
      const { timestamp } = append();
      const end = now();
      this.#desk.tape.end(at, DONE, { 2: end, 6: end, 8: timestamp });
    } catch (error) {
      noteFailure(this.#desk, at, error);
    }
  }

  #settles(at: number, append: Promise<Entry>): void {
    const settled = append.then(
      ({ timestamp }) => this.#desk.tape.end(at, DONE, { 8: timestamp }),
      (error: unknown) => noteFailure(this.#desk, at, error),
    );
    this.#keep(settled);
  }

  #keep(settled: Promise<void>): void {
    this.#pending.add(settled);
    void settled.then(() => this.#pending.delete(settled));
  }

  /** Notes that the next append begins. `published` is 0 for a slot, which becomes an entry later. */
  #begin(region: Region, until: Until, expectedLast = -1, published = 1, transaction = 0): number {
    this.#number += 1;
    const begin = now();
    const persists = until === 'persisted' ? 1 : 0;
    return this.#desk.tape.add(
      Kind.append,
      begin,
      0,
      0,
      this.#number,
      region.id,
      0,
      begin * published,
      0,
      persists,
      expectedLast,
      transaction,
    );
  }

  #bytes(region: Region, size: number): Uint8Array {
    const { actor } = this.#desk;
    return bytesFor({ actor, number: this.#number, region: region.id, life: this.#life(region) }, size);
  }

  #life({ id }: Region): number {
    const { lives } = this.#desk;
    return Atomics.load(lives, id % lives.length);
  }

  /** Mostly small, at times some pages, seldom many. */
  #size(): number {
    const { random } = this.#desk;
    const lot = random(60);
    return PAYLOAD_MIN + random(lot === 0 ? 40_000 : lot < 5 ? 5000 : 250);
  }

  /** A region that had room for so many bytes just now. Where there is none, one is emptied, at times. */
  #roomy(bytes: number): Region | undefined {
    const { stream, random } = this.#desk;
    const regions = [...stream.regions()].filter((region) => roomIn(region) >= bytes);
    const region = regions[random(regions.length)];
    if (region === undefined || regions.length < 2) this.#keep(this.#changing.makeRoom());
    return region;
  }

  /** A region in which a slot of this thread is open: a blocking append must be refused there. */
  #regionHeldUp(): Region | undefined {
    const [id] = this.#open.keys();
    return id === undefined ? undefined : this.#desk.stream.region(id);
  }
}
