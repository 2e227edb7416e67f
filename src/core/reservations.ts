import type { VarveError } from '../base/errors.js';
import { strideOf } from '../format/entry.js';
import { ENTRY, Form, GAP } from '../format/layout.js';
import type { Window } from '../media/window.js';
import { openBefore } from './append-errors.js';
import type { Places } from './appender.js';
import { commitAt, commitFiller } from './commit-placed.js';
import type { RegionLog } from './region-log.js';
import { Signal } from './signal.js';

/** A reserved place: open until it is published or cancelled, then waiting until everything before it is settled. */
export interface Place {
  readonly window: Window;
  readonly position: number;
  /** Where the next place begins. */
  end: number;
  /** Bytes reserved, later published. */
  size: number;
  state: 'open' | 'published' | 'cancelled' | 'settled';
  /** Called once it is committed, with its timestamp. */
  onCommitted: (timestamp: number) => void;
  /** Called if it never will be. */
  onFailed: (error: VarveError) => void;
}

/** One for all regions: a stream may have a hundred thousand of them. */
const NOTHING = () => {};

/** Copies parts into a place, one behind the other. */
export function storeParts(
  { window, position }: Pick<Place, 'window' | 'position'>,
  parts: readonly Uint8Array[],
): void {
  let index = position - window.start + ENTRY.header;
  for (const part of parts) {
    window.bytes.set(part, index);
    index += part.length;
  }
}

/**
 * The places of a region that were given out and are not committed yet, in their order. While there are any, an append
 * stands behind them.
 */
export class Reservations implements Places {
  readonly #region: RegionLog;
  readonly #places: Place[] = [];
  /** Made by the first who waits. */
  #changes: Signal | undefined;
  #whenNone: () => void = NOTHING;

  constructor(region: RegionLog) {
    this.#region = region;
  }

  /** End of everything reserved: where the next place begins. */
  get end(): number {
    return this.#places.at(-1)?.end ?? this.#region.tail;
  }

  get none(): boolean {
    return this.#places.length === 0;
  }

  /** Throws if a blocking append would have to wait for a place that only its own thread can settle. */
  assertNone(): void {
    if (this.none) return;
    throw openBefore(this.#region);
  }

  awaitNone(): void {
    this.assertNone();
  }

  whenNone(then: () => void): void {
    if (this.none) then();
    else this.#whenNone = then;
  }

  /** Throws if publishing `place` could not commit it at once. */
  assertFirst(place: Place): void {
    if (this.#places[0] !== place) this.assertNone();
  }

  /** Gives out the next place. Throws `VARVE_FULL`. */
  reserve(size: number): Place {
    const region = this.#region;
    region.makeRoom(size);
    const position = this.end;
    const end = position + strideOf(size);
    const place: Place = {
      window: region.windowFor(position, end),
      position,
      end,
      size,
      state: 'open',
      onCommitted: NOTHING,
      onFailed: NOTHING,
    };
    this.#places.push(place);
    region.stop();
    return place;
  }

  /** The place's payload of `size` bytes is there. It is committed as soon as everything before it is settled. */
  publish(place: Place, size: number): void {
    place.state = 'published';
    place.size = size;
    if (this.#places.at(-1) === place) place.end = place.position + strideOf(size);
    this.#settle();
  }

  /** Nothing will come. The space is taken back where nothing was reserved behind it. */
  cancel(place: Place): void {
    place.state = 'cancelled';
    while (this.#places.at(-1)?.state === 'cancelled') this.#places.pop();
    this.#settle();
  }

  settled(): Promise<void> {
    if (this.none) return Promise.resolve();
    this.#changes ??= new Signal();
    return this.#changes.next();
  }

  /** Cancels all places still open, so that what was published behind them is committed. */
  cancelOpen(): void {
    if (this.none) return;
    for (const place of this.#places.toReversed()) {
      if (place.state === 'open') this.cancel(place);
    }
  }

  /** Drops everything: those who wait are told. */
  fail(error: VarveError): void {
    for (const place of this.#places.splice(0)) {
      place.state = 'cancelled';
      place.onFailed(error);
    }
    this.#changes?.notify();
    this.#tellIfNone();
  }

  #settle(): void {
    for (
      let place = this.#places[0];
      place !== undefined && place.state !== 'open';
      place = this.#places[0]
    ) {
      this.#places.shift();
      if (place.state === 'published') this.#commit(place);
      else commitFiller(this.#region, place.window, place.position, place.end);
    }
    this.#changes?.notify();
    this.#tellIfNone();
  }

  #tellIfNone(): void {
    if (!this.none) return;
    const then = this.#whenNone;
    this.#whenNone = NOTHING;
    then();
  }

  /** Commits a place and skips what it does not use of its room. */
  #commit(place: Place): void {
    const region = this.#region;
    const used = place.position + strideOf(place.size);
    const rest = place.end - used;
    place.state = 'settled';
    const form = rest === GAP ? Form.entryAndGap : Form.entry;
    const timestamp = commitAt(region, place.window, place.position, place.size, form);
    if (rest >= ENTRY.header) commitFiller(region, place.window, used, place.end);
    place.onCommitted(timestamp);
  }
}
