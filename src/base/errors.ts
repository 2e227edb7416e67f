/** Every code that an error of varve carries in its `code`. */
export type VarveErrorCode =
  | 'VARVE_ARGUMENT'
  | 'VARVE_BUSY'
  | 'VARVE_CLOSED'
  | 'VARVE_CONFLICT'
  | 'VARVE_CORRUPT'
  | 'VARVE_EXISTS'
  | 'VARVE_FULL'
  | 'VARVE_IO'
  | 'VARVE_LOCKED'
  | 'VARVE_MISMATCH'
  | 'VARVE_NOT_A_STREAM'
  | 'VARVE_NOT_FOUND'
  | 'VARVE_POISONED'
  | 'VARVE_READ_ONLY'
  | 'VARVE_REGION_FREED'
  | 'VARVE_TRIMMED';

/** What an error may say beside its message. */
export interface VarveErrorDetails {
  /** The error that led to this one, as Node or the operating system gave it. */
  cause?: unknown;
  /** The file or device in question. */
  path?: string;
  /** A place in bytes: within the region for entries, within the stream for everything else. */
  offset?: number;
  /** Timestamps of which entries were trimmed before they were read, both included. */
  gap?: { readonly from: number; readonly to: number };
}

/**
 * The error of everything that can go wrong at run time; its `code` is stable, its message is for people.
 *
 * Wrong arguments are a `TypeError` or a `RangeError` with `code` `VARVE_ARGUMENT` instead.
 */
export class VarveError extends Error {
  override readonly name = 'VarveError';
  readonly code: VarveErrorCode;
  readonly path?: string;
  readonly offset?: number;
  readonly gap?: { readonly from: number; readonly to: number };

  constructor(code: VarveErrorCode, message: string, details: VarveErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    if (details.path !== undefined) this.path = details.path;
    if (details.offset !== undefined) this.offset = details.offset;
    if (details.gap !== undefined) this.gap = details.gap;
  }
}

/** A `TypeError` with the code `VARVE_ARGUMENT`: the argument is of a wrong kind. */
export function typeError(message: string): TypeError & { code: VarveErrorCode } {
  return Object.assign(new TypeError(message), { code: 'VARVE_ARGUMENT' as const });
}

/** A `RangeError` with the code `VARVE_ARGUMENT`: the argument is of the right kind, but not of a size that can be. */
export function rangeError(message: string): RangeError & { code: VarveErrorCode } {
  return Object.assign(new RangeError(message), { code: 'VARVE_ARGUMENT' as const });
}

/** True for an error of varve with that code. */
export function hasCode(error: unknown, code: VarveErrorCode): error is VarveError {
  return error instanceof VarveError && error.code === code;
}
