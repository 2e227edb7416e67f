import assert from 'node:assert/strict';
import { type Region, type Slot, Stream, VarveError } from '../../src/index.js';
import { type CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { type KnownEntry, type KnownRegion, readAll } from './known.js';
import type { Expectation } from './oracle.js';
import type { Base } from './world.js';

/** What a region is going through. */
type State = 'being allocated' | 'there' | 'being cleared' | 'being freed' | 'gone';

/** A region with everything that was ever appended to it, by its lives between clears. */
interface Track {
  readonly id: number;
  readonly name: string | undefined;
  readonly size: number;
  readonly lives: KnownEntry[][];
  state: State;
  handle: Region | undefined;
  slot: Slot | undefined;
}

/** A moment at which a crash is to be tried. */
interface OverlapMoment {
  readonly label: string;
  readonly point: CrashPoint;
  readonly given: number;
  /** Everything up to this timestamp was persisted, as the stream said. */
  readonly persisted: number;
  readonly states: { readonly track: Track; readonly state: State; readonly life: number }[];
}

const FINE: readonly string[] = ['VARVE_FULL', 'VARVE_CLOSED', 'VARVE_REGION_FREED', 'VARVE_BUSY'];

/** Calls of one stream that overlap, on a medium whose drains take their time. */
export class Overlap {
  readonly moments: OverlapMoment[] = [];
  readonly done: string[] = [];
  readonly #medium: SimulatedMedium;
  readonly #stream: Stream;
  readonly #random: Random;
  readonly #tick: (milliseconds: number) => void;
  readonly #tracks: Track[] = [];
  readonly #promises: Promise<unknown>[] = [];
  readonly #baseGiven: number;
  #nextId: number;
  #payloads = 0;

  /** @param tick lets so much time pass for timers */
  constructor(base: Base, seed: number, tick: (milliseconds: number) => void) {
    this.#random = seededRandom(seed);
    this.#tick = tick;
    this.#medium = SimulatedMedium.fromImage(base.image, { slow: true });
    this.#stream = Stream.openSync(this.#medium);
    this.#baseGiven = base.given;
    for (const { id, name, size, entries } of readAll(this.#stream).values()) {
      const handle = this.#stream.region(id);
      this.#tracks.push({ id, name, size, lives: [[...entries]], state: 'there', handle, slot: undefined });
    }
    this.#nextId = Math.max(...this.#tracks.map(({ id }) => id)) + 1;
    let drains = 0;
    this.#medium.onDrain = (moment) =>
      this.#note(`${moment} ${moment === 'before drain' ? ++drains : drains}`);
  }

  /** Makes so many calls, lets the event loop turn now and then, and closes in the midst of it. */
  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      const before = this.#stream.committed;
      await this.#act();
      this.#note(`after step ${this.done.length}, timestamps ${before} to ${this.#stream.committed}`);
    }
    this.done.push('close');
    await this.#stream.close();
    for (const outcome of await Promise.allSettled(this.#promises)) {
      if (outcome.status === 'fulfilled') continue;
      const { reason } = outcome;
      if (!(reason instanceof VarveError && FINE.includes(reason.code))) throw reason;
    }
    this.#note('closed');
    this.#medium.onDrain = undefined;
  }

  /** What may be found after a crash at that moment. */
  expectation(moment: OverlapMoment): Expectation {
    const before = new Map<number, KnownRegion>();
    const after = new Map<number, KnownRegion>();
    for (const { track, state, life } of moment.states) {
      const now = known(track, life, moment);
      if (state !== 'being allocated' && state !== 'gone') before.set(track.id, now);
      if (state === 'being cleared') after.set(track.id, known(track, life + 1, moment));
      else if (state !== 'being freed' && state !== 'gone') after.set(track.id, now);
    }
    return { before, after, given: moment.given };
  }

  #note(label: string): void {
    this.moments.push({
      label,
      point: this.#medium.crashPoint(),
      given: Math.max(this.#baseGiven, this.#stream.committed),
      persisted: this.#stream.persisted,
      states: this.#tracks.map((track) => ({ track, state: track.state, life: track.lives.length - 1 })),
    });
  }

  async #act(): Promise<void> {
    const kind = this.#random(23);
    if (kind >= 20) return this.#transact();
    const track = this.#pick();
    if (kind < 7) return this.#append(track);
    if (kind < 9) return this.#slot(track);
    if (kind === 9) return this.#allocate();
    if (kind === 10) return this.#free(track);
    if (kind < 13) return this.#clear(track);
    if (kind === 13) return this.#say('persist', () => this.#keep(this.#stream.persist()));
    if (kind === 14) return this.#say('5 ms pass', () => this.#tick(5));
    if (kind === 15) return this.#say('a second passes', () => this.#tick(1000));
    this.done.push('turn');
    await new Promise((resolve) => setImmediate(resolve));
  }

  #pick(): Track | undefined {
    const usable = this.#tracks.filter(({ state }) => state === 'there' || state === 'being cleared');
    return usable[this.#random(usable.length)];
  }

  #say(what: string, run: () => void): void {
    this.done.push(what);
    run();
  }

  /** Appends in one of four ways. Whatever a call commits, it commits before it returns. */
  #append(track: Track | undefined): void {
    const region = track?.handle;
    if (track === undefined || region === undefined || track.slot !== undefined) return;
    const bytes = this.#payload(this.#random(40));
    const until = this.#random(2) === 0 ? 'committed' : 'persisted';
    const blocking = this.#random(3) === 0;
    this.done.push(`append${blocking ? 'Sync' : ''} ${bytes.length} to ${track.id} until ${until}`);
    const entries: KnownEntry[] = [];
    try {
      if (blocking) entries.push({ timestamp: region.appendSync(bytes, { until }).timestamp, bytes });
      else this.#appendLater(region, bytes, until, entries);
    } catch (error) {
      if (!(error instanceof VarveError && FINE.includes(error.code))) throw error;
    }
    // An append to a region that is being cleared takes the clear to its end first.
    if (track.state === 'being cleared') this.#cleared(track, entries);
    else (track.lives.at(-1) as KnownEntry[]).push(...entries);
  }

  /** Two or three parts; the regions are chosen among those that are there. */
  #transact(): void {
    const tracks = this.#tracks.filter(
      ({ state, handle, slot }) => state === 'there' && handle !== undefined && slot === undefined,
    );
    if (tracks.length === 0) return;
    const parts = Array.from({ length: 2 + this.#random(2) }, () => ({
      track: tracks[this.#random(tracks.length)] as Track,
      bytes: this.#payload(this.#random(30)),
    }));
    const until = this.#random(2) === 0 ? 'committed' : 'persisted';
    this.done.push(`transaction over ${parts.map(({ track }) => track.id).join(', ')} until ${until}`);
    try {
      const entries = this.#stream.transactionSync(
        (tx) => {
          for (const { track, bytes } of parts) tx.append(track.handle as Region, bytes);
        },
        { until },
      );
      const transaction = entries.at(-1)?.timestamp as number;
      for (const [i, { timestamp }] of entries.entries()) {
        const { track, bytes } = parts[i] as (typeof parts)[0];
        (track.lives.at(-1) as KnownEntry[]).push({ timestamp, bytes, transaction });
      }
    } catch (error) {
      if (!(error instanceof VarveError && FINE.includes(error.code))) throw error;
    }
  }

  #appendLater(region: Region, bytes: Uint8Array, until: 'committed' | 'persisted', to: KnownEntry[]): void {
    const before = this.#stream.committed;
    const promise = region.append(bytes, { until });
    if (this.#stream.committed !== before) to.push({ timestamp: this.#stream.committed, bytes });
    this.#keep(
      promise.then((entry) => {
        assert.ok(
          until === 'committed' || entry.timestamp <= this.#stream.persisted,
          'acknowledged too early',
        );
      }),
    );
  }

  #slot(track: Track | undefined): void {
    if (track?.handle === undefined || track.state !== 'there') return;
    const { slot } = track;
    if (slot === undefined) {
      if (track.handle.available < 16) return;
      this.done.push(`reserve 16 in ${track.id}`);
      track.slot = track.handle.reserve(16);
      track.slot.data.fill(0xee);
      return;
    }
    track.slot = undefined;
    this.done.push(`publish in ${track.id}`);
    const bytes = this.#payload(this.#random(17));
    slot.data.set(bytes);
    this.#keep(slot.publish(bytes.length));
    (track.lives.at(-1) as KnownEntry[]).push({ timestamp: this.#stream.committed, bytes });
  }

  #allocate(): void {
    if (this.#tracks.some(({ state }) => state === 'being allocated') || this.#stream.available < 256) return;
    const name = this.#random(2) === 0 ? undefined : `region ${this.#nextId}`;
    const size = 64 * (1 + this.#random(4));
    const track: Track = {
      id: this.#nextId++,
      name,
      size,
      lives: [[]],
      state: 'being allocated',
      handle: undefined,
      slot: undefined,
    };
    this.#tracks.push(track);
    this.done.push(`allocate ${size} as ${track.id}`);
    const promise = this.#stream.allocate(size, name === undefined ? {} : { name });
    this.#keep(
      promise.then(
        (region) => {
          assert.equal(region.id, track.id);
          track.handle = region;
          track.state = 'there';
        },
        (error: unknown) => {
          track.state = 'gone';
          this.#nextId--;
          throw error;
        },
      ),
    );
  }

  #free(track: Track | undefined): void {
    if (track?.handle === undefined || track.state !== 'there' || this.#tracks.length < 3) return;
    this.done.push(`free ${track.id}`);
    track.state = 'being freed';
    const done = (): void => {
      track.state = 'gone';
    };
    this.#keep(track.handle.free().then(done));
  }

  #clear(track: Track | undefined): void {
    if (track?.handle === undefined || track.state !== 'there') return;
    this.done.push(`clear ${track.id}`);
    track.state = 'being cleared';
    track.slot = undefined;
    const done = (): void => {
      if (track.state === 'being cleared') this.#cleared(track, []);
    };
    this.#keep(track.handle.clear().then(done));
  }

  #cleared(track: Track, life: KnownEntry[]): void {
    track.lives.push(life);
    track.state = 'there';
  }

  #payload(size: number): Uint8Array {
    this.#payloads++;
    return Uint8Array.from({ length: size }, (_, i) => this.#payloads * 41 + i * 7 + 1);
  }

  #keep(promise: Promise<unknown>): void {
    promise.catch(() => {});
    this.#promises.push(promise);
  }
}

/** A life of a region as it was at a moment. */
function known({ id, name, size, lives }: Track, life: number, moment: OverlapMoment): KnownRegion {
  const entries = (lives[life] ?? []).filter(({ timestamp }) => timestamp <= moment.given);
  const persisted = entries.filter(({ timestamp }) => timestamp <= moment.persisted).length;
  return { id, name, size, entries, persisted };
}
