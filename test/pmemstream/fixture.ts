/** An entry as it is to stand in a file of pmemstream. */
export interface FixtureEntry {
  readonly timestamp: bigint | number;
  readonly data: Uint8Array;
}

/** A region of such a file. */
export interface FixtureRegion {
  /** Bytes for entries; more are there as regions end at blocks. */
  readonly size: number;
  readonly entries: readonly FixtureEntry[];
  /** The newest valid timestamp that it says; left out: it was open for writing. */
  readonly newest?: bigint;
}

/** What is to be in a file. */
export interface Fixture {
  readonly blockSize: number;
  readonly persisted: bigint;
  readonly regions: readonly FixtureRegion[];
}

export const NONE = 2n ** 64n - 1n;
const HEADER = 144;
const REGION_HEADER = 64;

/** Where the first region of a file stands. */
export function baseOf(blockSize: number): number {
  return Math.ceil(HEADER / blockSize) * blockSize;
}

/** Bytes from a region's start to the next one. */
function strideOf(size: number, blockSize: number): number {
  return Math.ceil((size + REGION_HEADER) / blockSize) * blockSize;
}

/**
 * A file as pmemstream 0.2.1 lays it out, made from the table of its layout and not by the library, which no distribution has any more. Regions are linked
 * in their order; behind the entries of each stands what is left of earlier ones, as the library clears no more than the word behind the last one.
 */
export function pmemstreamFile({ blockSize, persisted, regions }: Fixture): Buffer {
  const base = baseOf(blockSize);
  const usable = regions.reduce((sum, { size }) => sum + strideOf(size, blockSize), 0) + 4 * blockSize;
  const file = Buffer.alloc(base + usable);
  file.write('PMEMSTREAM');
  const header = [file.length, blockSize, persisted, NONE, NONE, NONE, NONE, usable, usable, NONE];
  for (const [i, word] of header.entries()) file.writeBigUInt64LE(BigInt(word), 0x40 + 8 * i);
  let offset = 0;
  for (const [i, region] of regions.entries()) {
    if (i === 0) file.writeBigUInt64LE(BigInt(offset), 0x68);
    file.writeBigUInt64LE(BigInt(offset), 0x70);
    const stride = strideOf(region.size, blockSize);
    const isLast = i === regions.length - 1;
    putRegion(
      file.subarray(base + offset, base + offset + stride),
      region,
      isLast ? NONE : BigInt(offset + stride),
    );
    offset += stride;
  }
  return file;
}

function putRegion(bytes: Buffer, { entries, newest = NONE }: FixtureRegion, next: bigint): void {
  bytes.fill(0xee, REGION_HEADER);
  const size = bytes.length - REGION_HEADER;
  for (const [i, word] of [BigInt(size) | (3n << 62n), next, NONE, newest].entries()) {
    bytes.writeBigUInt64LE(word, 8 * i);
  }
  let at = REGION_HEADER;
  for (const { timestamp, data } of entries) {
    bytes.writeBigUInt64LE(BigInt(data.length) | (2n << 62n), at);
    bytes.writeBigUInt64LE(BigInt(timestamp), at + 8);
    bytes.set(data, at + 16);
    at += 16 + Math.ceil(data.length / 8) * 8;
  }
  if (at + 8 <= bytes.length) bytes.writeBigUInt64LE(0n, at);
}
