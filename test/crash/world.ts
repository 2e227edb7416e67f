import assert from 'node:assert/strict';
import { type Entry, type Region, Stream, type StreamOptions, VarveError } from '../../src/index.js';
import type { Medium } from '../../src/media/medium.js';
import type { CrashPoint, SimulatedMedium } from '../../src/testing/index.js';
import {
  allPersisted,
  type Known,
  type KnownRegion,
  readAll,
  startsWith,
  withoutRegion,
  withRegion,
} from './known.js';

/** A moment of an operation at which a crash is to be tried. */
export interface Moment {
  readonly label: string;
  readonly point: CrashPoint;
  /** The newest timestamp given out by then. */
  readonly given: number;
}

/** A medium that tells what a crash would leave of it. */
export interface CrashMedium extends Medium {
  onDrain: SimulatedMedium['onDrain'];
  crashPoint(): CrashPoint;
  pendingIn(offset: number, length: number): number[];
}

/** Where sequences of operations start: what is on the medium, and what is known of it. */
export interface Base {
  readonly name: string;
  readonly image: Uint8Array;
  readonly known: Known;
  readonly given: number;
  /** What streams on it are opened with, as long as no crash comes. */
  readonly maxSize?: number;
}

/** Errors that an operation may meet with in a stream that is full or has slots open. Nothing must have changed then. */
const REFUSALS: readonly string[] = ['VARVE_FULL', 'VARVE_BUSY', 'VARVE_EXISTS'];

/** A stream on such a medium, and beside it what is known to have been done to it. */
export class World {
  medium: CrashMedium;
  stream: Stream;
  known: Known;
  /** The newest timestamp ever given out. */
  given: number;
  /** Set while an operation's crash points are wanted. */
  moments: Moment[] | undefined;
  /** Appended behind slots that are still open: closing commits them. */
  behind: { region: number; bytes: Uint8Array }[] = [];
  #payloads = 0;
  readonly #options: StreamOptions;

  /** @param medium holds the base's image */
  constructor(base: Base, medium: CrashMedium) {
    this.medium = medium;
    this.#options = { mode: 'open', ...(base.maxSize === undefined ? {} : { maxSize: base.maxSize }) };
    this.given = base.given;
    this.stream = Stream.openSync(this.medium, this.#options);
    this.known = readAll(this.stream);
    this.#watch();
  }

  /** The region in this place of the list; counted from the end if negative. */
  region(index: number): Region {
    const region = [...this.stream.regions()].at(index);
    if (region === undefined) throw new VarveError('VARVE_FULL', 'there is no such region');
    return region;
  }

  /** Bytes that no other entry has. */
  payload(size: number): Uint8Array {
    this.#payloads++;
    return Uint8Array.from({ length: size }, (_, i) => this.given * 31 + this.#payloads * 37 + i * 11 + 1);
  }

  /** Runs an operation; one that is refused is to have changed nothing. */
  perform(run: (world: World) => void): void {
    try {
      run(this);
    } catch (error) {
      if (!(error instanceof VarveError && REFUSALS.includes(error.code))) throw error;
    }
    this.given = Math.max(this.given, this.stream.committed);
  }

  /** Notes an entry that is committed, and persisted if everything is. */
  appended(entry: Entry, bytes: Uint8Array, persisted: boolean): void {
    const { id } = entry.region;
    const region = this.known.get(id) as KnownRegion;
    const entries = [...region.entries, { timestamp: entry.timestamp, bytes }];
    this.known = withRegion(this.known, { ...region, entries });
    if (persisted) this.persisted();
  }

  /** Notes the entries of a transaction. */
  appendedTogether(entries: readonly Entry[], payloads: readonly Uint8Array[], persisted: boolean): void {
    const transaction = entries.at(-1)?.timestamp as number;
    for (const [i, { region, timestamp }] of entries.entries()) {
      const before = this.known.get(region.id) as KnownRegion;
      const entry = { timestamp, bytes: payloads[i] as Uint8Array, transaction };
      this.known = withRegion(this.known, { ...before, entries: [...before.entries, entry] });
    }
    if (persisted) this.persisted();
  }

  persisted(): void {
    this.known = allPersisted(this.known);
  }

  allocated({ id, name, size }: Region): void {
    this.known = withRegion(this.known, { id, name, size, entries: [], persisted: 0 });
  }

  freed(id: number): void {
    this.known = withoutRegion(this.known, id);
    this.behind = this.behind.filter(({ region }) => region !== id);
  }

  cleared(id: number): void {
    this.known = withRegion(this.known, {
      ...(this.known.get(id) as KnownRegion),
      entries: [],
      persisted: 0,
    });
    this.behind = this.behind.filter(({ region }) => region !== id);
  }

  /** Closes the stream and opens it again, on the same medium. */
  reopen(): void {
    this.stream.closeSync();
    this.given = Math.max(this.given, this.stream.committed);
    this.stream = Stream.openSync(this.medium, this.#options);
    this.#adopt();
  }

  /** Goes on with what a crash left, which was judged already, when `given` was the newest timestamp given out. */
  continueOn(medium: CrashMedium, given: number): void {
    this.abandon();
    this.medium = medium;
    this.behind = [];
    this.given = given;
    this.stream = Stream.openSync(this.medium, this.#options);
    this.known = readAll(this.stream);
    this.#watch();
  }

  /** Lets go of the stream without a word. */
  abandon(): void {
    this.moments = undefined;
    this.medium.onDrain = undefined;
    try {
      this.stream.closeSync();
    } catch {
      // It is the crash before that matters.
    }
  }

  noteMoment(label: string): void {
    const given = Math.max(this.given, this.stream.committed);
    this.moments?.push({ label, point: this.medium.crashPoint(), given });
  }

  /** Whatever was acknowledged as persisted must be durable in every word that it depends on. */
  audit(): void {
    const { medium, stream } = this;
    assert.deepEqual(
      medium.pendingIn(0, 12_288),
      [],
      'the table or the state is not durable between operations',
    );
    for (const region of stream.regions()) {
      const cursor = region.cursor();
      const { persisted } = this.known.get(region.id) as KnownRegion;
      for (let i = 0; i < persisted && cursor.next(); i++) {
        const pending = medium.pendingIn(region.offset + cursor.offset, 16 + cursor.size);
        assert.deepEqual(
          pending,
          [],
          `acknowledged entry ${cursor.timestamp} of region ${region.id} is not durable`,
        );
      }
    }
  }

  /** After a close: what is known, and what was appended behind open slots, which closing committed. */
  #adopt(): void {
    const found = readAll(this.stream);
    assert.deepEqual([...found.keys()], [...this.known.keys()], 'regions after closing');
    for (const region of this.known.values()) {
      const { entries } = found.get(region.id) as KnownRegion;
      assert.ok(startsWith(entries, region.entries), `region ${region.id} lost entries by closing`);
      const more = entries.slice(region.entries.length).map(({ bytes }) => bytes);
      const behind = this.behind.filter((pending) => pending.region === region.id).map(({ bytes }) => bytes);
      assert.deepEqual(more, behind, `region ${region.id}: entries behind slots that closing cancelled`);
    }
    this.known = found;
    this.behind = [];
  }

  #watch(): void {
    let drains = 0;
    this.medium.onDrain = (moment) => {
      if (moment === 'before drain') drains++;
      if (this.moments !== undefined) this.noteMoment(`${moment} ${drains}`);
    };
  }
}
