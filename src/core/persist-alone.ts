import type { Medium } from '../media/medium.js';
import type { Clock } from './clock.js';
import type { Persisting, PersistingHost } from './persisting.js';
import type { RegionLog } from './region-log.js';

/** Makes durable what the only thread of a stream has committed: seals the regions in which something is not, and drains. */
export class PersistAlone implements Persisting {
  readonly #medium: Medium;
  readonly #clock: Clock;
  readonly #host: PersistingHost;
  /** Regions with entries that are not sealed yet: the first `#dirtyCount`. An array that is emptied would be made anew each time. */
  readonly #dirty: RegionLog[] = [];
  #dirtyCount = 0;

  constructor(medium: Medium, clock: Clock, host: PersistingHost) {
    this.#medium = medium;
    this.#clock = clock;
    this.#host = host;
  }

  get durable(): number {
    return this.#clock.persisted;
  }

  /** The region has entries to seal. */
  touched(region: RegionLog): void {
    this.#dirty[this.#dirtyCount++] = region;
  }

  /** Forgets a region that was freed or cleared; its entries were persisted before. */
  forget(region: RegionLog): void {
    if (!region.dirty) return;
    region.dirty = false;
    const index = this.#dirty.indexOf(region);
    this.#dirty[index] = this.#dirty[--this.#dirtyCount] as RegionLog;
  }

  seal(): number {
    const dirty = this.#dirty;
    for (let i = 0; i < this.#dirtyCount; i++) {
      const region = dirty[i] as RegionLog;
      region.seal();
      region.dirty = false;
    }
    this.#dirtyCount = 0;
    return this.#clock.last;
  }

  drained(): void {}

  persistOwn(): void {
    const target = this.#prepare();
    try {
      this.#medium.drainSync();
    } catch (error) {
      throw this.#host.failed(error);
    }
    this.#host.settle(target);
  }

  persistSync(): void {
    if (this.#clock.persisted !== this.#clock.last) this.persistOwn();
  }

  async persistGroup(): Promise<void> {
    const target = this.#prepare();
    if (this.#medium.slow) await this.#medium.drain();
    else this.#medium.drainSync();
    this.#host.settle(target);
  }

  persistUpTo(): Promise<void> {
    return this.#host.nextGroup();
  }

  /** Seals what was committed, where there is a crash to survive. Returns up to where a drain then makes everything durable. */
  #prepare(): number {
    if (this.#dirtyCount === 0 || this.#medium.volatile) return this.#clock.last;
    return this.seal();
  }
}
