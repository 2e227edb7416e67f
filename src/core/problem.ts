import { VarveError, type VarveErrorCode } from '../base/errors.js';

/** Something that is not as it should be on the medium. */
export interface Problem {
  code: VarveErrorCode;
  /** Id of the region, where the problem lies in one. */
  region: number | undefined;
  /** Bytes from the region's start for entries, else from the stream's. */
  offset: number | undefined;
  /** Timestamp of the entry, where it is known. */
  timestamp: number | undefined;
  message: string;
}

/** A problem of the code `VARVE_CORRUPT`. */
export function corrupt(message: string, place: Partial<Omit<Problem, 'code' | 'message'>> = {}): Problem {
  return {
    code: 'VARVE_CORRUPT',
    region: place.region,
    offset: place.offset,
    timestamp: place.timestamp,
    message,
  };
}

/** The problem as an error. */
export function errorOf(problem: Problem, path: string | undefined): VarveError {
  return new VarveError(problem.code, problem.message, {
    ...(path === undefined ? {} : { path }),
    ...(problem.offset === undefined ? {} : { offset: problem.offset }),
  });
}
