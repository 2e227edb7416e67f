/**
 * What the threads and processes of a run did, and when. Times are nanoseconds of the machine's monotonic clock, which is one for all
 * of them; `NEVER` is the end of what did not return, as its thread or process was ended first.
 */
export const NEVER = Number.POSITIVE_INFINITY;

/** Actors from here on only read, each in a process of its own; those below write. */
export const FOREIGN = 1_000_000;

/** Numbers of the writing process, counted from 1, times this: the numbers of its actors begin there. */
export const ACTORS_OF_RUN = 1000;

/** Something that one thread did: `code` is 'done', the code of an error, or 'unknown' where it never returned. */
interface Act {
  readonly actor: number;
  readonly begin: number;
  readonly end: number;
  readonly code: string;
}

/** An append, or a slot from its reservation to its end. */
export interface Append extends Act {
  /** Which one of its actor; rises with `begin`. */
  readonly number: number;
  readonly region: number;
  /** When its place was certainly taken: the call that reserves or appends had returned. */
  readonly reserved: number;
  /** When it was first allowed to become an entry; NEVER for a slot that was not published. */
  readonly published: number;
  /** 0 where it is not known. */
  readonly timestamp: number;
  /** True if it was not to return before it was persisted. */
  readonly persists: boolean;
  readonly expectedLast: number | undefined;
  /** Those of an actor with the same number are one transaction, in their order; 0 for an append by itself. */
  readonly transaction: number;
}

/** An entry as a reader saw it. */
export interface Seen {
  readonly timestamp: number;
  /** From `whoOf`, or -1 if its bytes are not what anybody wrote. */
  readonly who: number;
  /** When it had been handed out. */
  readonly time: number;
}

/** One reading: from an entry on, forwards or backwards, of one region or of all of them. */
export interface Pass extends Act {
  readonly way: 'pass' | 'reverse' | 'get' | 'tail';
  /** 0 for the whole stream. */
  readonly region: number;
  /** The option `from`, or the timestamp that was asked for. */
  readonly from: number;
  /** True if it left out what was only committed. */
  readonly persisted: boolean;
  readonly seen: readonly Seen[];
}

/** What the stream said of itself. */
export interface Sample extends Act {
  readonly committed: number;
  readonly persisted: number;
}

/** A wait until everything up to `upTo` is persisted; 0: everything that was committed when it began. */
export interface Persist extends Act {
  readonly upTo: number;
}

/** A region was allocated, cleared or freed. */
export interface Change extends Act {
  readonly what: 'allocate' | 'clear' | 'free';
  readonly region: number;
}

/** When SIGKILL was sent to a process, and when it was certainly gone; NEVER if it was not killed. */
export interface Kill {
  readonly dying: number;
  readonly killed: number;
}

/** A writing process. */
export interface Run extends Kill {
  /** Counted from 1. */
  readonly run: number;
  /** When it had opened the stream. */
  readonly opened: number;
  /** When its main thread began to close the stream. */
  readonly closing: number;
}

export interface History {
  readonly appends: readonly Append[];
  readonly passes: readonly Pass[];
  readonly samples: readonly Sample[];
  readonly persists: readonly Persist[];
  readonly changes: readonly Change[];
  readonly runs: readonly Run[];
}

/** One number for the `number`-th append of an actor. */
export function whoOf(actor: number, number: number): number {
  return actor * 2 ** 32 + number;
}

/** `whoOf` for people. */
export function nameOf(who: number): string {
  return who < 0 ? 'nobody' : `number ${who % 2 ** 32} of actor ${Math.floor(who / 2 ** 32)}`;
}

/** The run that an actor belongs to; 0 for readers. */
export function runOf(actor: number): number {
  return actor >= FOREIGN ? 0 : Math.floor(actor / ACTORS_OF_RUN);
}

/** True for readers in processes of their own: they see what is sealed, and are not told at once. */
export function isForeign(actor: number): boolean {
  return actor >= FOREIGN;
}
