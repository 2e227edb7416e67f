/**
 * A second, naive reading of docs/format.md, for tests that damage or forge streams on purpose.
 */

/** Where the first copies of things lie, from docs/format.md. */
export const LAYOUT = {
  page: 4096,
  header: {
    offset: 0,
    size: 128,
    checksum: 12,
    version: 8,
    uuid: 16,
    streamSize: 32,
    blockSize: 40,
    dataStart: 48,
  },
  features: { ignore: 64, readOnly: 68, refuse: 72 },
  state: {
    offset: 512,
    size: 64,
    checksum: 4,
    sequence: 8,
    limit: 16,
    checkpoint: 24,
    newest: 32,
    flags: 40,
  },
  record: {
    offset: 2048,
    size: 128,
    checksum: 4,
    sequence: 8,
    id: 16,
    clears: 24,
    nameLength: 28,
    place: 32,
    length: 40,
    birth: 48,
    mark: 56,
    newest: 64,
    count: 72,
  },
  names: { offset: 8192, size: 256 },
  records: 16,
  data: 12288,
  entryHeader: 16,
} as const;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

/** The CRC-32C register after the bytes. */
function register(start: number, bytes: Uint8Array): number {
  let value = start >>> 0;
  for (const byte of bytes) value = ((TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)) >>> 0;
  return value;
}

/** The checksum that nothing went before: the register started at all ones, and not inverted at the end. */
function checksum(bytes: Uint8Array): number {
  return register(0xffffffff, bytes);
}

/** The seed of states, records and names: that of the uuid. */
function streamSeed(file: Uint8Array): number {
  return checksum(file.subarray(LAYOUT.header.uuid, LAYOUT.header.uuid + 16));
}

/** Makes the header copy at `offset` pass for whole again after it was forged. */
export function resealHeader(file: Uint8Array, offset: number): void {
  const header = file.subarray(offset, offset + LAYOUT.header.size);
  store32(header, LAYOUT.header.checksum, 0);
  store32(header, LAYOUT.header.checksum, checksum(header));
}

/** The same for a state (64 bytes) or a record (128 bytes), which hold their checksum at +4. */
export function reseal(file: Uint8Array, offset: number, size: number): void {
  const part = file.subarray(offset, offset + size);
  store32(part, 4, 0);
  store32(part, 4, register(streamSeed(file), part));
}

/** Stores a word. */
export function store64(bytes: Uint8Array, offset: number, value: bigint): void {
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).writeBigUInt64LE(
    BigInt.asUintN(64, value),
    offset,
  );
}

/** Stores half a word. */
export function store32(bytes: Uint8Array, offset: number, value: number): void {
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).writeUInt32LE(value >>> 0, offset);
}
