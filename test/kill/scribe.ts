import type { Entry, Region, Stream } from '../../src/index.js';
import type { Random } from '../../src/testing/random.js';
import { PAYLOAD_MIN, payloadOf } from './payload.js';

/** What a scribe works with. */
export interface Desk {
  /** Opens the stream, or creates it. */
  open(): Promise<Stream>;
  /** Takes a line of what has happened. It may be lost, with all lines after it, if this is the end of the process or machine. */
  tell(line: string): void;
  /** Takes a line of what is going to happen; returns when it cannot be lost any more, whatever becomes of this process or machine. */
  announce(line: string): void;
  readonly run: number;
  readonly random: Random;
}

/** Writes to a stream in one of the ways there are, and tells the ledger: before a change that there will be one, after it that it was made. */
export class Scribe {
  readonly random: Random;
  readonly #desk: Desk;
  #stream: Stream | undefined;
  #regions: Region[] = [];
  /** The number of the next entry. Counted up when an entry is reserved, so it rises along a region. */
  #number = 1;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.random = desk.random;
  }

  get stream(): Stream {
    if (this.#stream === undefined) throw new Error('the stream is not open');
    return this.#stream;
  }

  get regions(): readonly Region[] {
    return this.#regions;
  }

  async open(): Promise<void> {
    this.#desk.tell('opening');
    this.#stream = await this.#desk.open();
    this.#regions = [...this.#stream.regions()];
    this.#desk.tell('opened');
  }

  /** Closes the stream and opens it again. */
  async reopen(): Promise<void> {
    this.#desk.tell('closing');
    if (this.toss()) this.stream.closeSync();
    else await this.stream.close();
    this.#desk.tell('closed');
    await this.open();
  }

  /** Yes or no. */
  toss(): boolean {
    return this.random(2) === 0;
  }

  /** One of them, as chance has it. */
  pick<T>(choice: readonly T[]): T | undefined {
    return choice[this.random(choice.length)];
  }

  /** A region with room for so many bytes and some more; one is cleared, freed or allocated where there is none. */
  roomy(bytes: number): Region {
    for (;;) {
      const region = this.pick(this.#regions.filter(({ available }) => available >= bytes));
      if (region !== undefined) return region;
      this.#makeRoom();
    }
  }

  /** A size as sizes are: mostly small, at times some pages. */
  size(): number {
    return PAYLOAD_MIN + this.random(this.random(12) === 0 ? 9000 : 300);
  }

  /** The bytes of the next entry, and its number. */
  next(size: number): { number: number; bytes: Uint8Array } {
    const number = this.#number++;
    return { number, bytes: payloadOf({ run: this.#desk.run, number }, size) };
  }

  persisted({ timestamp, region }: Entry, number: number): void {
    this.#desk.tell(`a ${timestamp} ${number} ${region.name}`);
  }

  committed({ timestamp, region }: Entry, number: number): void {
    this.#desk.tell(`c ${timestamp} ${number} ${region.name}`);
  }

  /** Everything up to that timestamp is persisted. */
  persistedUpTo(timestamp: number): void {
    this.#desk.tell(`p ${timestamp}`);
  }

  resting(): void {
    this.#desk.tell('resting');
  }

  async allocate(): Promise<void> {
    if (this.#regions.length > 5) return this.free();
    const [name, size] = this.#newRegion();
    try {
      this.#allocated(await this.stream.allocate(size, { name }));
    } catch (error) {
      this.#refused(error, name);
    }
  }

  /** As `allocate`, blocking; with nothing in flight, as it frees a region if there is no room. */
  allocateSync(): void {
    const [name, size] = this.#newRegion();
    try {
      this.#allocated(this.stream.allocateSync(size, { name }));
    } catch (error) {
      this.#refused(error, name);
      this.#freeSync();
    }
  }

  async clear(): Promise<void> {
    const region = this.#takeAway();
    if (region === undefined) return;
    this.#desk.announce(`clear ${region.name} ${this.#number++}`);
    if (this.toss()) await region.clear();
    else region.clearSync();
    this.#desk.tell(`cleared ${region.name}`);
    this.#regions.push(region);
  }

  async free(): Promise<void> {
    const region = this.#takeAway();
    if (region === undefined) return;
    this.#desk.announce(`free ${region.name}`);
    await region.free();
    this.#desk.tell(`freed ${region.name}`);
  }

  #freeSync(): void {
    const region = this.#takeAway();
    if (region === undefined) return;
    this.#desk.announce(`free ${region.name}`);
    region.freeSync();
    this.#desk.tell(`freed ${region.name}`);
  }

  /** A region, which nobody else finds from now on. */
  #takeAway(): Region | undefined {
    const region = this.pick(this.#regions);
    if (region === undefined) return undefined;
    this.#regions = this.#regions.filter((each) => each !== region);
    return region;
  }

  #makeRoom(): void {
    if (this.#regions.length > 3) this.#freeSync();
    else this.allocateSync();
  }

  #newRegion(): [name: string, size: number] {
    const name = `${this.#desk.run}.${this.#number++}`;
    this.#desk.announce(`alloc ${name}`);
    return [name, (1 + this.random(96)) * 8192];
  }

  #allocated(region: Region): void {
    this.#desk.tell(`alloced ${region.name}`);
    this.#regions.push(region);
  }

  #refused(error: unknown, name: string): void {
    if ((error as { code?: unknown }).code !== 'VARVE_FULL') throw error;
    this.#desk.tell(`unalloc ${name}`);
  }
}
