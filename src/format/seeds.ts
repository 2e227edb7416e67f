import { crc32c, crc32cWord } from './crc32c.js';

const START = 0xffffffff;

/** Where the checksums of a stream's own structures start. */
export function streamSeed(uuid: Uint8Array): number {
  return crc32c(START, uuid);
}

/**
 * Where the checksums of a region's entries start: different for each region and each life of it, and never zero, since
 * a page of zeroes would then be a run of valid empty entries. A signed number: V8 allocates memory for those from 2^31 on wherever they go.
 */
export function regionSeed(uuid: Uint8Array, id: number, clears: number): number {
  let seed = crc32c(START, uuid);
  seed = crc32cWord(seed, id >>> 0);
  seed = crc32cWord(seed, Math.floor(id / 2 ** 32));
  seed = crc32cWord(seed, clears);
  return seed === 0 ? 1 : seed | 0;
}
