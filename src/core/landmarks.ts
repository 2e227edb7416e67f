import { formOf } from '../format/entry.js';
import { decodeLandmark, LANDMARK_BYTES, type Landmark } from '../format/landmark.js';
import { ENTRY, Form, LANDMARK } from '../format/layout.js';
import { Window } from '../media/window.js';
import type { RegionLog } from './region-log.js';

/** What stands between two landmarks. */
export interface Between {
  readonly start: Landmark;
  /** Offset of the landmark behind it; infinite if there is none yet. */
  readonly until: number;
}

/** The landmarks of one life of a region: from each of them two ways lead back, so that a search passes few of them. */
export class Landmarks {
  readonly #region: RegionLog;
  readonly #beginning: Landmark;
  readonly #known = new Map<number, Landmark>();

  constructor(region: RegionLog) {
    this.#region = region;
    this.#beginning = {
      position: 0,
      number: 0,
      after: region.slot.record.birth - 1,
      previous: 0,
      jump: 0,
    };
  }

  get last(): Between {
    return { start: this.#at(this.#region.landmark), until: Number.POSITIVE_INFINITY };
  }

  /** What stands before a landmark; undefined if it is the region's beginning. */
  before({ number, previous, position }: Landmark): Between | undefined {
    return number === 0 ? undefined : { start: this.#at(previous), until: position };
  }

  /** Where the first entry with `timestamp` or a later one stands, if there is one. */
  around(timestamp: number): Between {
    let { start, until } = this.last;
    while (start.number > 0 && start.after >= timestamp) {
      const far = this.#at(start.jump);
      until = start.position;
      start = far.number > 0 && far.after >= timestamp ? far : this.#at(start.previous);
    }
    return { start, until };
  }

  /** The landmark that comes next, at `position`. Where the ways back lead is after Myers' random-access lists. */
  next(position: number): Landmark {
    const { start } = this.last;
    const far = this.#at(start.jump);
    const farther = this.#at(far.jump);
    const isEven = start.number - far.number === far.number - farther.number;
    return {
      position,
      number: start.number + 1,
      after: this.#region.lastTimestamp,
      previous: start.position,
      jump: isEven ? farther.position : start.position,
    };
  }

  /** The region's beginning also where there is none that is whole: from there everything is found, too. */
  #at(position: number): Landmark {
    if (position === 0) return this.#beginning;
    const landmark = this.#known.get(position) ?? readLandmark(this.#region, position);
    if (landmark === undefined) return this.#beginning;
    this.#known.set(position, landmark);
    return landmark;
  }
}

function readLandmark({ extent, tail, seed }: RegionLog, position: number): Landmark | undefined {
  const end = position + LANDMARK.size;
  if (end > tail) return undefined;
  const bytes = new Uint8Array(LANDMARK.size);
  const copied = extent.glimpse?.(position, bytes.length, bytes) === true;
  const window = copied ? new Window(bytes, position) : extent.read(position, LANDMARK.size, tail);
  const index = position - window.start;
  const word = index >>> 2;
  if (window.words[word] !== LANDMARK_BYTES) return undefined;
  if (formOf(window.words[word + ENTRY.highWord] as number) !== Form.filler) return undefined;
  return decodeLandmark(window.bytes.subarray(index + ENTRY.header), position, seed);
}
