import type { Window } from '../media/window.js';
import { LogCursor, type Walker } from './cursor.js';
import type { RegionLog } from './region-log.js';
import { SparseIndex } from './sparse-index.js';

/** An entry that a backward walk will hand out. */
type Stop = Pick<Walker, 'window' | 'position' | 'size' | 'timestamp'>;

/** Goes through a region from back to front: everything that was committed when it was made. */
export class BackwardWalker implements Walker {
  readonly region: RegionLog;
  window!: Window;
  position = -1;
  size = 0;
  timestamp = 0;
  readonly #index: SparseIndex;
  readonly #life: number;
  #landmark: number;
  /** Entries of the stretch behind the landmark, the last one first to be handed out. */
  #stretch: Stop[] = [];
  #end: number;

  constructor(region: RegionLog) {
    this.region = region;
    this.#life = region.life;
    region.catchUp();
    this.#index = SparseIndex.of(region);
    this.#landmark = this.#index.size;
    this.#end = region.tail;
  }

  /** True if the entries it goes through are gone. */
  get stale(): boolean {
    return !this.region.isLife(this.#life);
  }

  next(): boolean {
    if (this.region.life !== this.#life) this.region.host.assertReadable(this.region, this.#life);
    while (this.#stretch.length === 0) {
      if (this.#landmark === 0) return false;
      this.#load(--this.#landmark);
    }
    const entry = this.#stretch.pop() as Stop;
    this.window = entry.window;
    this.position = entry.position;
    this.size = entry.size;
    this.timestamp = entry.timestamp;
    return true;
  }

  #load(landmark: number): void {
    const from = this.#index.position(landmark);
    const cursor = new LogCursor(this.region, from);
    while (cursor.end < this.#end && cursor.next() && cursor.position < this.#end) {
      const { window, position, size, timestamp } = cursor;
      this.#stretch.push({ window, position, size, timestamp });
    }
    this.#end = from;
  }
}
