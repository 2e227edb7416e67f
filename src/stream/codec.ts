import { typeError, VarveError } from '../base/errors.js';
import type { Data } from './data.js';
import type { Entry } from './entry.js';

/**
 * How values of a program become the bytes of entries, and values again. An own one is an object with these three.
 *
 * @example
 * const dates: Codec<Date> = {
 *   name: 'date',
 *   encode: (date) => date.toISOString(),
 *   decode: (bytes) => new Date(Buffer.from(bytes).toString()),
 * };
 */
export interface Codec<T> {
  /** What error messages call it. */
  readonly name: string;
  /** What is appended for a value: bytes or text. It may throw; then nothing is appended. */
  encode(value: T): Data;
  /**
   * The value of an entry's bytes. They are a view of the medium, possibly shared with other threads: the value must not keep any part of
   * it. It may throw if they are nothing that `encode` makes.
   */
  decode(bytes: Uint8Array): T;
}

/**
 * Values as JSON text. What `JSON.stringify` leaves out of a value is not stored.
 *
 * @example
 * await region.append(jsonCodec().encode({ apples: 3 }));
 */
export function jsonCodec<T = unknown>(): Codec<T> {
  return {
    name: 'json',
    encode(value) {
      const text = JSON.stringify(value);
      if (text === undefined) throw typeError(`Cannot encode ${typeof value}: it has no JSON form`);
      return text;
    },
    decode({ buffer, byteOffset, byteLength }) {
      return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString('utf8'));
    },
  };
}

/**
 * The value of an entry.
 *
 * @throws VARVE_MISMATCH if the codec cannot read it; as `entry.data` otherwise
 */
export function decodeEntry<T>(entry: Entry, codec: Codec<T>): T {
  let value: T;
  try {
    value = codec.decode(entry.data);
  } catch (cause) {
    assertStillThere(entry);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new VarveError(
      'VARVE_MISMATCH',
      `Cannot decode entry ${entry.timestamp} as ${codec.name}: ${why}. Read it with the codec that it was written with`,
      { cause },
    );
  }
  assertStillThere(entry);
  return value;
}

/** A writer of another process may have taken the region away while it was decoded; then the value, or the error, means nothing. */
function assertStillThere(entry: Entry): void {
  void entry.data;
}

/** Checks a codec that was given as an option. */
export function assertCodec(codec: unknown): void {
  const { name, encode, decode } = (codec ?? {}) as Partial<Codec<unknown>>;
  if (typeof name === 'string' && typeof encode === 'function' && typeof decode === 'function') return;
  throw typeError(
    'Cannot use this as a codec: it must be an object with a name, encode and decode, such as jsonCodec()',
  );
}
