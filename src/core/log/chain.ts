import type { RegionLog } from '../region-log.js';
import type { LogRegions } from '../region-register.js';
import type { StreamCore } from '../stream-core.js';
import type { Cut } from './facts.js';
import { Segment } from './segment.js';

/** The segments of a log, as the region table and the cuts say. */
export class Chain {
  readonly #core: StreamCore;
  readonly #log: string;
  /** In rising order of their numbers. */
  #segments: Segment[] = [];
  #cuts: readonly Cut[] = [];
  /** What was taken over last, and how often that had changed by then. */
  #parts: LogRegions | undefined;
  #changes = 0;

  /** @param log its name */
  constructor(core: StreamCore, log: string) {
    this.#core = core;
    this.#log = log;
  }

  /** Takes over which regions there are now. Mostly nothing has changed, or the first ones are gone: then the others are not looked at. */
  follow(cuts: readonly Cut[]): void {
    const parts = this.#core.register.byLog.get(this.#log);
    if (parts !== undefined && parts === this.#parts && cuts === this.#cuts) {
      if (parts.changes !== this.#changes) this.#dropFirst(parts);
      if (parts.changes === this.#changes) return;
    }
    this.#build(cuts);
    this.#parts = parts;
    this.#changes = parts?.changes ?? 0;
  }

  #dropFirst({ regions }: LogRegions): void {
    let gone = 0;
    for (const segment of this.#segments) {
      if (regions.has(segment.region)) break;
      segment.isGone = true;
      gone++;
    }
    this.#segments.splice(0, gone);
    this.#changes += gone;
  }

  /** Takes over a region that was just allocated as segment `number`, where it is all that has changed and comes behind all others. */
  append(number: number, region: RegionLog): void {
    const { end } = this;
    if (number < this.next || this.#parts?.changes !== this.#changes + 1) return;
    this.#changes++;
    if (end !== undefined) end.region.ended = true;
    this.#segments.push(new Segment(number, region));
  }

  #build(cuts: readonly Cut[]): void {
    this.#cuts = cuts;
    const known = new Map(this.#segments.map((segment) => [segment.region, segment]));
    this.#segments = [];
    for (const [number, region] of this.#regions()) {
      if (!isDead(number, cuts)) this.#segments.push(known.get(region) ?? new Segment(number, region));
    }
    this.#segments.sort((a, b) => a.number - b.number);
    for (const segment of this.#segments) known.delete(segment.region);
    for (const segment of known.values()) segment.isGone = true;
    for (const segment of this.#segments) {
      segment.cut = cuts.find((cut) => cut.segment === segment.number);
      segment.region.ended = segment !== this.end || segment.cut !== undefined;
    }
  }

  /** Those that were taken over last. */
  get cuts(): readonly Cut[] {
    return this.#cuts;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The last one: what is appended goes there, or behind it. */
  get end(): Segment | undefined {
    return this.#segments[this.#segments.length - 1];
  }

  /** Timestamp of the last entry that stands in one; 0 if there is none. */
  get last(): number {
    const segments = this.#segments;
    for (let i = segments.length - 1; i >= 0; i--) {
      const { last } = segments[i] as Segment;
      if (last !== 0) return last;
    }
    return 0;
  }

  /** The number of the segment that comes behind the last one. */
  get next(): number {
    const { end } = this;
    if (end === undefined) return this.#cuts.at(-1)?.next ?? 0;
    return end.cut?.next ?? end.number + 1;
  }

  /** Regions whose entries a cut has taken: what a crash, or another thread, has left of them. */
  get dead(): RegionLog[] {
    return [...this.#regions()].filter(([number]) => isDead(number, this.#cuts)).map(([, region]) => region);
  }

  /** The cuts that still mean something. */
  get liveCuts(): readonly Cut[] {
    const first = this.#segments[0];
    if (first === undefined) return this.#cuts.slice(-1);
    return this.#cuts.filter((cut) => cut.next > first.number);
  }

  /**
   * Where others append, too: takes over how far they have come.
   *
   * @param bound up to here everything is found by who looks into the regions from now on
   */
  catchUp(bound: number): void {
    let isFollowed = false;
    for (let i = this.#segments.length - 1; i >= 0; i--) {
      const segment = this.#segments[i] as Segment;
      if (segment.isFinal) return;
      segment.region.catchUp();
      segment.isFinal = isFollowed;
      isFollowed ||= segment.entries > 0 && segment.last <= bound;
    }
  }

  /** The segment with that number. */
  numbered(number: number): Segment | undefined {
    const segment = this.#segments[this.#indexAfter((each) => each.number < number)];
    return segment?.number === number ? segment : undefined;
  }

  /** The segment behind another one. */
  after({ number }: Segment): Segment | undefined {
    return this.#segments[this.#indexAfter((each) => each.number <= number)];
  }

  /** The segment before another one. */
  before({ number }: Segment): Segment | undefined {
    return this.#segments[this.#indexAfter((each) => each.number < number) - 1];
  }

  /** The first segment that may hold an entry with `timestamp` or a later one; undefined if there are no segments. Reads no entry. */
  from(timestamp: number): Segment | undefined {
    let index = Math.max(0, this.#indexAfter((segment) => segment.birth <= timestamp) - 1);
    // What was reserved before the next segment was begun may have been committed after that.
    for (let i = index - 1; i >= 0; i--) {
      const segment = this.#segments[i] as Segment;
      if (segment.last >= timestamp) index = i;
      else if (segment.entries > 0) break;
    }
    return this.#segments[index];
  }

  /** Number of the first segments that `holds` is true of. */
  #indexAfter(holds: (segment: Segment) => boolean): number {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#segments[middle] as Segment)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *#regions(): IterableIterator<[number: number, region: RegionLog]> {
    for (const region of this.#core.register.byLog.get(this.#log)?.regions ?? []) {
      const { hidden } = region;
      if (hidden?.kind === 'segment') yield [hidden.number, region];
    }
  }
}

function isDead(number: number, cuts: readonly Cut[]): boolean {
  return cuts.some(
    ({ segment, tail, next }) => (tail > 0 ? number > segment : number >= segment) && number < next,
  );
}
