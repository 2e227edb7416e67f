/** A log as a program would keep one by some library, in a directory of its own. What a library has not is left out. */
export interface SubjectLog {
  /** Appends one entry, which is durable when this returns, or when what it returns is resolved. */
  append?(data: Uint8Array): Promise<unknown> | undefined;
  /**
   * Appends `groups` times `inFlight` entries that come at the same time, in the best way that there is for that; all are durable
   * when it resolves.
   */
  appendMany?(data: Uint8Array, inFlight: number, groups: number): Promise<void>;
  /** As many entries, one call each, which readers see when it resolves, and which become durable some time, or never. */
  appendBuffered?(data: Uint8Array, count: number): Promise<void>;
  /** As `append`, and others may be under way. */
  appendBeside?(data: Uint8Array): Promise<unknown>;
  /** Puts in as many entries in the quickest way; what is there is complete and durable when the log is closed. */
  fill?(data: Uint8Array, count: number): Promise<void>;
  /** Reads all entries in order, their numbers and their first bytes; returns how many there were. */
  scan?(reverse: boolean): number | Promise<number>;
  /** Reads the entries of these numbers, from 0 on; returns how many of them were there. */
  get?(numbers: Uint32Array): number | Promise<number>;
  /** Makes room for so many bytes of the next round, untimed. */
  renew?(bytes: number): Promise<void>;
  close(): Promise<void>;
}

/** A library that keeps a log, used in the best way its documentation shows. */
export interface Subject {
  /** Loads its modules, which is not a part of opening. */
  load?(): Promise<unknown>;
  /**
   * Opens what is in the directory, or makes it there.
   *
   * @param setting how the library is to be used; '' where there is one way only
   */
  open(directory: string, setting: string): Promise<SubjectLog>;
}

/** Calls of a function that returns promises, so many under way at a time: each that is done issues the next. */
export async function inLanes(lanes: number, each: number, call: () => Promise<unknown>): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let i = 0; i < each; i++) await call();
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
