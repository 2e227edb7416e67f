import { crc32cAligned } from './crc32c.js';

/** A structure on its way to or from the medium: its bytes, and the same memory as 32-bit words. */
export interface Structure {
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
}

/**
 * The only memory of structures on their way, by size: opening a stream with many regions reads many of them, closing it writes
 * as many. What is here is good until the next structure is read or made.
 */
const IN_PASSING = { 32: memory(32), 64: memory(64), 128: memory(128) };

type Size = keyof typeof IN_PASSING;

function memory(size: number): Structure {
  const bytes = new Uint8Array(size);
  return { bytes, words: new Uint32Array(bytes.buffer) };
}

/** An empty structure of `size` bytes, to be filled and stored before another one is made or read. */
export function newStructure(size: Size): Structure {
  const structure = IN_PASSING[size];
  structure.words.fill(0);
  return structure;
}

/**
 * Stores the checksum of a structure whose other fields are there.
 *
 * @param at offset of the checksum in bytes; its own four count as zero
 * @param start where the checksum's register starts
 * @returns the structure's bytes
 */
export function withChecksum({ bytes, words }: Structure, at: number, start: number): Uint8Array {
  words[at / 4] = crc32cAligned(start, words, 0, bytes.length);
  return bytes;
}

/**
 * A copy of the first `size` bytes of `source` if their checksum is right; see `withChecksum`. It is good until another structure
 * is made or read.
 */
export function checkedStructure(
  source: Uint8Array,
  size: Size,
  at: number,
  start: number,
): Structure | undefined {
  const structure = IN_PASSING[size];
  const { bytes, words } = structure;
  bytes.set(source.length === size ? source : source.subarray(0, size));
  const checksum = words[at / 4];
  words[at / 4] = 0;
  return checksum === crc32cAligned(start, words, 0, size) ? structure : undefined;
}
