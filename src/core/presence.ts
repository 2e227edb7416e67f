import type { RegionWatch } from './region-host.js';
import type { RegionLog } from './region-log.js';

/** Tells those who read a region whether it is still there, where other processes or threads may clear or free it at any time. */
export class Presence {
  readonly #region: RegionLog;
  #watch: RegionWatch | undefined;

  constructor(region: RegionLog) {
    this.#region = region;
  }

  /** What the region's record says now is what is watched from now on. */
  renew(): void {
    const { host, slot } = this.#region;
    this.#watch = host.watch(slot);
  }

  /** True if others may take the region away. */
  get watched(): boolean {
    return this.#watch !== undefined;
  }

  /** True if a longer look has to decide whether another process has taken the region away. */
  get stirred(): boolean {
    return this.#watch?.stirred === true;
  }

  /** True if another process may have taken the region away: what was just read of it may be something else. */
  get moved(): boolean {
    return this.#watch?.moved === true;
  }

  /** A further stretch was read: where windows are copies, the region may have been taken away since the last look. */
  doubt(): void {
    this.#watch?.doubt();
  }

  /** What begins now begins with what is there now. */
  lookAgain(): void {
    this.doubt();
    this.#look();
  }

  /**
   * Throws if the region's life `life` is over, also if that is the work of another process: what was read of it before is right if this
   * does not throw.
   */
  assertStill(life: number): void {
    if (!this.isStill(life)) this.#region.host.assertReadable(this.#region, life);
  }

  /** True if the life goes on. */
  isStill(life: number): boolean {
    this.#look();
    return this.#region.isLife(life);
  }

  /** True if the life is over, by the longest look there is: what seems damaged may be another region's, or the next life's. */
  isOver(life: number): boolean {
    if (this.watched) this.#region.host.refresh();
    return !this.#region.isLife(life);
  }

  #look(): void {
    if (this.stirred) this.#region.host.recheck();
  }
}
