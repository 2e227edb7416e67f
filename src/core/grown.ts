import type { RegionLog } from './region-log.js';

/** So much is noted without anybody asking for it: then nobody does any more, or not soon. */
const UNASKED_MAX = 4096;
/** How many times of asking are told apart: whoever asked earlier has to look at all regions. */
const KEPT = 8;

/**
 * Which regions were appended to lately. Who follows all of them asks this, each time he is woken, and need not look at every one. Only where
 * one thread alone appends.
 */
export class Grown {
  /** True while it is of use to call `note`. */
  asked = false;
  readonly #regions: () => Iterable<RegionLog>;
  /** Since the time of asking `#time`. */
  #latest = new Set<RegionLog>();
  /** Between the times of asking before, the oldest first. */
  #before: Set<RegionLog>[] = [];
  #time = 0;
  #unasked = 0;

  /** @param regions all that there are */
  constructor(regions: () => Iterable<RegionLog>) {
    this.#regions = regions;
  }

  /** The region has entries that are not sealed yet: it is not noted again before they are. */
  note(region: RegionLog): void {
    this.#latest.add(region);
    if (++this.#unasked > UNASKED_MAX) this.#rest();
  }

  /** The time of asking, for a later `since`: call that first. */
  now(): number {
    this.#unasked = 0;
    if (!this.asked) this.#begin();
    else if (this.#latest.size > 0) this.#next();
    return this.#time;
  }

  /** The regions that may have grown since then; undefined if nobody knows. */
  since(time: number): Iterable<RegionLog> | undefined {
    const { length } = this.#before;
    const first = length - (this.#time - time);
    if (!this.asked || first < 0) return undefined;
    if (first === length) return this.#latest;
    return new Set([...this.#before.slice(first), this.#latest].flatMap((regions) => [...regions]));
  }

  #begin(): void {
    this.asked = true;
    this.#before = [];
    this.#time++;
    this.#latest = new Set(dirty(this.#regions()));
  }

  #next(): void {
    this.#before.push(this.#latest);
    if (this.#before.length > KEPT) this.#before.shift();
    this.#time++;
    this.#latest = new Set(dirty(this.#latest));
  }

  #rest(): void {
    this.asked = false;
    this.#before = [];
    this.#latest.clear();
    this.#unasked = 0;
  }
}

/** What has unsealed entries will not be noted again when it grows further. */
function* dirty(regions: Iterable<RegionLog>): Generator<RegionLog, void, void> {
  for (const region of regions) if (region.dirty) yield region;
}
