/** The files of pmemstream 0.2.1: offsets in bytes, all numbers 64 bits wide and little-endian. docs/pmemstream.md has the table. */

/** What such a file begins with; zeroes follow up to 64 bytes. */
export const SIGNATURE = 'PMEMSTREAM';

/** Of the header. */
export const HEADER = {
  size: 144,
  signatureSize: 64,
  streamSize: 0x40,
  blockSize: 0x48,
  persisted: 0x50,
  firstAllocated: 0x68,
  usable: 0x80,
} as const;

/** Of a region. Offsets of regions count from the header's end, rounded up to the block size. */
export const REGION = { size: 0, next: 8, newest: 24, data: 64 } as const;

/** Of an entry: its size with the mark of an entry, its timestamp, its bytes. */
export const ENTRY = { size: 0, timestamp: 8, data: 16 } as const;

/** What stands in the upper two bits of a size. */
export const KIND_SHIFT = 62n;
export const KIND = { entry: 2n, region: 3n } as const;
/** No link; and the newest timestamp of a region that was open for writing. */
export const NONE = 2n ** 64n - 1n;
