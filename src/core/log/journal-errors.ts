import { VarveError } from '../../base/errors.js';

/** What stands in a journal cannot be. */
export function corruptJournal(what: string): VarveError {
  return new VarveError(
    'VARVE_CORRUPT',
    `Cannot read the journal of this log as ${what}: its entries are still in the stream, see stream.entries()`,
  );
}

/** A record of a kind that only a later version may know. */
export function unknownRecord(kind: string): VarveError {
  return new VarveError(
    'VARVE_MISMATCH',
    `Cannot read the journal of this log as it has a record of the kind ${kind}, which this version of varve does not know: ` +
      'use the version that wrote it',
  );
}

/** What is to be known of the log would not fit. */
export function journalFull(size: number, lacks: number): VarveError {
  return new VarveError(
    'VARVE_FULL',
    `Cannot keep this in the journal of the log as its two regions of ${size} bytes are ${lacks} bytes too small for all that it keeps: ` +
      'remove consumers that are not needed any more, or make a log with larger segments',
  );
}

/** A log looks up its own state. */
export function keepsNothing(): VarveError {
  return new VarveError(
    'VARVE_NOT_FOUND',
    'Cannot make a log on a medium that keeps nothing: it has to read what it is; use a MemoryMedium',
  );
}
