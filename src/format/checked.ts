import { crc32c } from './crc32c.js';

/** A structure on its way to or from the medium: its bytes, and the same memory as 32-bit words. */
export interface Structure {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/** An empty structure of `size` bytes. */
export function newStructure(size: number): Structure {
  const bytes = new Uint8Array(size);
  return { bytes, words: new Uint32Array(bytes.buffer) };
}

/**
 * Stores the checksum of a structure whose other fields are there.
 *
 * @param at offset of the checksum in bytes; its own four count as zero
 * @param start where the checksum's register starts
 * @returns the structure's bytes
 */
export function withChecksum({ bytes, words }: Structure, at: number, start: number): Uint8Array {
  words[at / 4] = crc32c(start, bytes);
  return bytes;
}

/** A copy of the first `size` bytes of `source` if their checksum is right; see `withChecksum`. */
export function checkedStructure(
  source: Uint8Array,
  size: number,
  at: number,
  start: number,
): Structure | undefined {
  const bytes = source.slice(0, size);
  const words = new Uint32Array(bytes.buffer);
  const checksum = words[at / 4];
  words[at / 4] = 0;
  return checksum === crc32c(start, bytes) ? { bytes, words } : undefined;
}
