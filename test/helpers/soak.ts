/** What a part of the soak is asked for. */
export interface SoakRequest {
  /** Where everything left to chance starts. */
  readonly seed: number;
  /** When to end, as `Date.now()` tells it. A part that has tried everything ends before. */
  readonly until: number;
  /** Of `shards` processes that share the work, this is the one with the number `shard`, counted from 0. */
  readonly shard: number;
  readonly shards: number;
}

/** A long-running search for faults; `scripts/soak.js` finds it in every test file that ends in `.soak.ts`. */
export interface SoakPart {
  readonly name: string;
  /**
   * Returns how often what was tried. Throws at the first finding an error whose message tells how to see it again.
   */
  run(request: SoakRequest): Promise<Record<string, number>>;
}
