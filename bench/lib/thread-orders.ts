import type { StreamHandle } from '../../src/index.js';

/** What a thread of a benchmark is given. */
export interface ThreadOrder {
  readonly mode: 'shared' | 'posting';
  /** For 'shared': the stream to append to itself, and its region. */
  readonly handle: StreamHandle | undefined;
  readonly region: number;
  readonly size: number;
  /** Entries of a round. */
  readonly entries: number;
  readonly until: 'committed' | 'persisted';
  /** `Signal` words. */
  readonly signal: SharedArrayBuffer;
}

/** Words by which rounds begin and end. */
export const Signal = {
  /** The number of the round that may begin; -1: no further one. */
  round: 0,
  /** Threads that are done with the round, or with their preparations. */
  done: 1,
} as const;
