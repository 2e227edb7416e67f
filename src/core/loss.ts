/** A range of bytes of a region that holds no whole entry, though there were some. */
export interface MissingRange {
  /** Bytes from the region's start: where the damage begins. */
  from: number;
  /** Where the next whole entry begins, or the end of what is searched. */
  to: number;
  /** The timestamp of the last whole entry in front of it; what is missing came later. */
  after: number;
  /** The timestamp of the first whole entry behind it, where there is one; what is missing came earlier. */
  before: number | undefined;
}

/** Something that a salvage did not find whole. */
export interface Missing {
  /**
   * `entries`: entries of a region; `region`: what a damaged part of the region table said, perhaps whole regions; `name`: the name of a region;
   * `timestamps`: entries of which nobody knows in which region they were; `state`, `end`: see the message.
   */
  what: 'entries' | 'region' | 'name' | 'timestamps' | 'state' | 'end';
  /** Id of the region that it was in, where it is known. */
  region: number | undefined;
  /** Bytes from the stream's start, where it has such a place: the first one, and the one behind the last. */
  from: number | undefined;
  to: number | undefined;
  /** Where in the region entries are missing; empty unless `what` is `entries`. */
  ranges: MissingRange[];
  /** How many entries are missing at least, where that is known. */
  entries: number | undefined;
  message: string;
}

/** Notes that something is missing. */
export function loss(
  what: Missing['what'],
  message: string,
  details: Partial<Omit<Missing, 'what' | 'message'>> = {},
): Missing {
  return {
    what,
    region: details.region,
    from: details.from,
    to: details.to,
    ranges: details.ranges ?? [],
    entries: details.entries,
    message,
  };
}
