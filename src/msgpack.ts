import { createRequire } from 'node:module';
import type { DecoderOptions, EncoderOptions } from '@msgpack/msgpack';
import { VarveError } from './base/errors.js';
import type { Codec } from './stream/codec.js';

const PEER = '@msgpack/msgpack';

/** What that package takes: extension types, bigints, limits of lengths. Both ways should be given the same. */
export interface MsgpackOptions {
  encode?: EncoderOptions;
  decode?: DecoderOptions;
}

/**
 * Values as MessagePack: compact and binary, with byte arrays and dates. It needs the package `@msgpack/msgpack` beside varve.
 *
 * @throws VARVE_NOT_FOUND if that is not installed
 * @example
 * const orders = msgpackCodec<Order>();
 * await pipeline(source, region.writable({ codec: orders }));
 */
export function msgpackCodec<T = unknown>(options: MsgpackOptions = {}): Codec<T> {
  const { Decoder, Encoder } = peer();
  const encoder = new Encoder(options.encode);
  const decoder = new Decoder(options.decode);
  return {
    name: 'msgpack',
    encode: (value) => encoder.encode(value),
    // Byte arrays in a value are views of what it was decoded from, so that is a copy of its own.
    decode: (bytes) => decoder.decode(bytes.slice()) as T,
  };
}

/** By require and not by import, so that loading this module needs nothing that may be missing, and does not make it asynchronous. */
function peer(): typeof import('@msgpack/msgpack') {
  try {
    return createRequire(import.meta.url)(PEER);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw new VarveError(
      'VARVE_NOT_FOUND',
      `Cannot make a msgpack codec without the package ${PEER}, which varve does not bring: npm install ${PEER}`,
      { cause },
    );
  }
}
