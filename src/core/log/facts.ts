/** What a log does when its stream has no room for a further segment. */
export type WhenFull = 'reject' | 'wait' | 'discard-oldest';

/** How much of a log is kept. What is left out sets no bound. */
export interface Retention {
  /** Bytes that entries take in their segments, at most. */
  readonly bytes?: number;
  /** Entries, at most. */
  readonly entries?: number;
  /** Milliseconds since an entry was appended, at most. */
  readonly age?: number;
}

/** The options of a log, as its journal keeps them. */
export interface LogOptions {
  /** Bytes of a segment, a multiple of the stream's block size. */
  readonly segmentSize: number;
  readonly retain: Retention;
  readonly whenFull: WhenFull;
}

/** Where entries were taken from the end of a log: what stands behind it in its segment, and in those up to `next`, is gone. */
export interface Cut {
  /** Number of the segment that the last entry kept stands in; of the first segment if there is none. */
  readonly segment: number;
  /** Where that segment ends now, in bytes; 0 if it is gone, too. */
  readonly tail: number;
  /** Entries up to there. */
  readonly entries: number;
  /** Timestamp of the last one; 0 if there is none. */
  readonly last: number;
  /** Number of the segment that the log goes on with. */
  readonly next: number;
}

/** What a log's journal keeps, beside positions of consumers. */
export interface LogFacts {
  readonly options: LogOptions;
  /** Entries with lower timestamps were trimmed: one more than the newest of those had. */
  readonly first: number;
  /** In the order of their segments. */
  readonly cuts: readonly Cut[];
}
