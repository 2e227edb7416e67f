import { setTimeout as delay } from 'node:timers/promises';
import type { Cursor, Entry, Region } from '../../src/index.js';
import { numberOf } from './decode.js';
import { type Desk, noteFailure } from './desk.js';
import { whoWrote } from './payload.js';
import { Kind, now } from './tape.js';

const DONE = numberOf('done');

/** Reads in all ways there are, and notes what it saw. */
export class Reading {
  readonly #desk: Desk;
  readonly #tails: Promise<void>[] = [];
  readonly #stops = new Set<AbortController>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** One reading of one kind or another. */
  async any(): Promise<void> {
    const { random } = this.#desk;
    const way = random(20);
    if (way < 3) this.#pass('pass', this.#region());
    else if (way < 5) this.#pass('reverse', this.#region());
    else if (way < 7) this.#pass('pass', undefined);
    else if (way < 8) this.#pass('reverse', undefined);
    else if (way < 10) this.#cursor();
    else if (way < 15) this.#get();
    else if (way < 18) this.sample();
    else if (this.#tails.length < 40) this.#startTail();
  }

  /** Everything there is, region by region and all together. */
  survey(): void {
    for (const region of this.#desk.stream.regions()) {
      this.#pass('pass', region, { from: 0, persisted: false });
      this.#pass('reverse', region, { from: 0, persisted: false });
    }
    this.#pass('pass', undefined, { from: 0, persisted: false });
    this.sample();
  }

  /** Ends the tails that are under way. */
  async end(): Promise<void> {
    for (const stop of this.#stops) stop.abort();
    await Promise.all(this.#tails);
  }

  sample(): void {
    const { stream, tape } = this.#desk;
    const at = tape.add(Kind.sample, now());
    const persisted = stream.persisted;
    tape.end(at, DONE, { 4: stream.committed, 5: persisted });
  }

  /** Follows the stream until a region of that name has an entry. */
  async followTo(name: string): Promise<void> {
    const { stream } = this.#desk;
    const stop = new AbortController();
    const from = stream.committed;
    await this.#tail(undefined, from, stop, (entry) => entry.region.name === name);
  }

  #region(): Region | undefined {
    const regions = [...this.#desk.stream.regions()];
    return regions[this.#desk.random(regions.length)];
  }

  /** Some timestamp of late, or 0. */
  #someTimestamp(): number {
    const { random, stream } = this.#desk;
    return Math.max(0, stream.committed - random(300));
  }

  #pass(
    way: 'pass' | 'reverse',
    region: Region | undefined,
    options: { from: number; persisted: boolean } = {
      from: this.#desk.random(6) === 0 ? 0 : this.#someTimestamp(),
      persisted: this.#desk.random(6) === 0,
    },
  ): void {
    const { tape, stream } = this.#desk;
    const at = tape.add(
      Kind.pass,
      now(),
      0,
      0,
      numberOf(way),
      region?.id ?? 0,
      options.from,
      options.persisted ? 1 : 0,
    );
    this.#noting(at, () => {
      for (const entry of (region ?? stream).entries({
        ...(options.from > 0 ? { from: options.from } : {}),
        reverse: way === 'reverse',
        until: options.persisted ? 'persisted' : 'committed',
      })) {
        this.#saw(at, entry);
        if (tape.full) throw new Error('the tape is full');
      }
    });
  }

  #cursor(): void {
    const region = this.#region();
    if (region === undefined) return;
    const { tape } = this.#desk;
    const at = tape.add(Kind.pass, now(), 0, 0, numberOf('pass'), region.id, 0, 0);
    this.#noting(at, () => {
      const cursor = region.cursor();
      while (cursor.next()) {
        const bytes = copyOf(cursor);
        tape.add(Kind.seen, at, cursor.timestamp, whoWrote(bytes, region.id), now());
      }
    });
  }

  #get(): void {
    const region = this.#region();
    if (region === undefined) return;
    const timestamp = this.#someTimestamp();
    const at = this.#desk.tape.add(Kind.pass, now(), 0, 0, numberOf('get'), region.id, timestamp, 0);
    this.#noting(at, () => {
      const entry = region.get(timestamp);
      if (entry !== undefined) this.#saw(at, entry);
    });
  }

  #startTail(): void {
    const { random } = this.#desk;
    const region = random(2) === 0 ? undefined : this.#region();
    const stop = new AbortController();
    const from = random(6) === 0 ? 0 : this.#someTimestamp();
    const tail = this.#tail(region, from, stop, () => false);
    this.#tails.push(tail);
    void delay(random(60)).then(() => stop.abort());
    void tail.then(() => this.#tails.splice(this.#tails.indexOf(tail), 1));
  }

  async #tail(
    region: Region | undefined,
    from: number,
    stop: AbortController,
    enough: (entry: Entry) => boolean,
  ): Promise<void> {
    const { tape, stream } = this.#desk;
    const at = tape.add(Kind.pass, now(), 0, 0, numberOf('tail'), region?.id ?? 0, from, 0);
    this.#stops.add(stop);
    try {
      for await (const entry of (region ?? stream).tail({ from, signal: stop.signal })) {
        this.#saw(at, entry);
        if (enough(entry) || tape.full) break;
      }
      tape.end(at, DONE);
    } catch (error) {
      noteFailure(this.#desk, at, error);
    }
    this.#stops.delete(stop);
  }

  #noting(at: number, read: () => void): void {
    try {
      read();
      this.#desk.tape.end(at, DONE);
    } catch (error) {
      if (this.#desk.tape.full) return;
      noteFailure(this.#desk, at, error);
    }
  }

  #saw(pass: number, entry: Entry): void {
    const who = whoWrote(entry.copy(), entry.region.id);
    this.#desk.tape.add(Kind.seen, pass, entry.timestamp, who, now());
  }
}

/** The bytes of the entry that a cursor stands on, certainly of that entry: asking once more throws if the region was cleared meanwhile. */
function copyOf(cursor: Cursor): Uint8Array {
  const bytes = cursor.data.slice();
  void cursor.data;
  return bytes;
}
