import type { Region } from '../../src/index.js';
import { numberOf } from './decode.js';
import { type Desk, noteFailure } from './desk.js';
import { Kind, now } from './tape.js';

const DONE = numberOf('done');

/** Allocates, clears and frees regions, and notes what came of it. */
export class Changing {
  readonly #desk: Desk;
  #makingRoom = false;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /**
   * Regions come, are emptied, and go.
   *
   * @param mayBlock false while this thread has a slot open
   */
  async any(mayBlock: boolean): Promise<void> {
    const { stream, random } = this.#desk;
    const regions = [...stream.regions()];
    const region = regions[random(regions.length)];
    const blocking = mayBlock && random(2) === 0;
    if (random(3) > 0) return this.#clear(region, blocking);
    if (regions.length < 5 && random(2) === 0) await this.allocate((1 + random(20)) * 8192);
    else if (regions.length > 2) await this.#free(region, blocking);
  }

  async allocate(size: number, name?: string): Promise<Region | undefined> {
    const { tape, stream } = this.#desk;
    const at = tape.add(Kind.change, now(), 0, 0, numberOf('allocate'), 0);
    try {
      const region = await stream.allocate(size, name === undefined ? {} : { name });
      tape.end(at, DONE, { 5: region.id });
      return region;
    } catch (error) {
      noteFailure(this.#desk, at, error);
      return undefined;
    }
  }

  /** Empties the fullest region, unless that is under way. */
  async makeRoom(): Promise<void> {
    if (this.#makingRoom) return;
    this.#makingRoom = true;
    const [fullest] = [...this.#desk.stream.regions()].sort((a, b) => roomIn(a) - roomIn(b));
    await this.#clear(fullest, false);
    this.#makingRoom = false;
  }

  async #clear(region: Region | undefined, blocking: boolean): Promise<void> {
    if (region === undefined) return;
    const done = await this.#changed('clear', region, () => (blocking ? region.clearSync() : region.clear()));
    const { lives } = this.#desk;
    if (done) Atomics.add(lives, region.id % lives.length, 1);
  }

  async #free(region: Region | undefined, blocking: boolean): Promise<void> {
    if (region === undefined) return;
    await this.#changed('free', region, () => (blocking ? region.freeSync() : region.free()));
  }

  async #changed(
    what: 'clear' | 'free',
    region: Region,
    change: () => void | Promise<void>,
  ): Promise<boolean> {
    const { tape } = this.#desk;
    const at = tape.add(Kind.change, now(), 0, 0, numberOf(what), region.id);
    try {
      await change();
      tape.end(at, DONE);
      return true;
    } catch (error) {
      noteFailure(this.#desk, at, error);
      return false;
    }
  }
}

/** Bytes that fit; 0 where the region is gone. */
export function roomIn(region: Region): number {
  try {
    return region.available;
  } catch {
    return 0;
  }
}
