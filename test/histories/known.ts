import { type Append, NEVER } from './history.js';

/** An entry that was acknowledged or seen, and all that is known of its life. */
export interface Known {
  readonly append: Append;
  readonly timestamp: number;
  /** Readers of the same process must see it from then on: it was acknowledged, or somebody had seen it. */
  committed: number;
  /** It was persisted: acknowledged so, or vouched for. */
  durable: number;
  /** Readers of other processes must see it, and a kill of the writer must leave it: it was persisted, or one of them had seen it. */
  sealed: number;
  /** When which actor had first seen it among the entries of all regions. */
  readonly shownBy: Map<number, number>;
  /** It was there at some time after this one: the latest beginning of a reading that saw it. */
  alive: number;
  /** A clear or free that may have removed it began then. */
  goneFrom: number;
  /** It must not be seen by who begins after this: a clear that began after it was committed was done. */
  goneBy: number;
  /** Its process was killed and nobody saw it afterwards, so that the kill has, or may have, taken it: when. */
  lost: number;
  /** The earliest end of a reading that should have seen it, and did not. */
  missed: number;
}

/** An entry of which nothing is known yet but its timestamp. */
export function newKnown(append: Append, timestamp: number): Known {
  return {
    append,
    timestamp,
    committed: NEVER,
    durable: NEVER,
    sealed: NEVER,
    shownBy: new Map(),
    alive: append.published,
    goneFrom: NEVER,
    goneBy: NEVER,
    lost: NEVER,
    missed: NEVER,
  };
}

/** The entries of each transaction of which anything is known, in their order. */
export type Groups = readonly (readonly Known[])[];
