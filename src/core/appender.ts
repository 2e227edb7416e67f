import type { Window } from '../media/window.js';
import type { Place } from './reservations.js';

/** The places of a region that were given out and are not committed yet. */
export interface Places {
  /** True if an append need not stand behind a place that is open. */
  readonly none: boolean;
  /** Throws if publishing `place` could not commit it at once; where another thread has to settle a place before it, waits for that. */
  assertFirst(place: Place): void;
  /** Gives out the next place. Throws `VARVE_FULL`. */
  reserve(size: number): Place;
  /** The place's payload of `size` bytes is there. It is committed as soon as everything before it is settled. */
  publish(place: Place, size: number): void;
  /** Nothing will come. */
  cancel(place: Place): void;
  /** Resolves when a place was settled or cancelled, or may have been. */
  settled(): Promise<void>;
  /** Blocks until all are settled, as far as other threads can do that. Throws `VARVE_BUSY` if this one would have to. */
  awaitNone(): void;
  /** Calls `then` once all are settled, at once if there is none. Nobody reserves further ones meanwhile. */
  whenNone(then: () => void): void;
}

/** How entries get into a region: by one thread alone (`RegionLog`), or by several (`SharedLog`). */
export interface Appender {
  readonly reservations: Places;
  /** The window that took the last append, and that entry's timestamp. */
  readonly lastWindow: Window;
  readonly lastTimestamp: number;
  /** The largest payload that still fits; 0 also where not even an empty entry does. */
  readonly available: number;
  readonly entries: number;
  /** Up to here the checksums are stored, in bytes. */
  readonly sealed: number;
  /** Has the next append fail with `VARVE_CONFLICT` unless the last entry then has this timestamp. */
  expect(last: number): void;
  /**
   * Appends one entry, which is then committed. Returns its position.
   *
   * @param persists true if it is to be persisted next: some can make it durable at once
   */
  append(data: Uint8Array, persists: boolean): number;
  /** The same for parts that become one entry. `size` is their sum. */
  appendParts(parts: readonly Uint8Array[], size: number, persists: boolean): number;
}
