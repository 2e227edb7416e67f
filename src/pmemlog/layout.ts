/** The pool files of libpmemlog: offsets in bytes, all numbers little-endian. docs/pmemlog.md has the table. */

/** Bytes of the smallest pool. */
export const MIN_POOL = 2 * 2 ** 20;
/** What the ends of a pool are rounded to. */
export const POOL_PAGE = 4096;

/** What every pool begins with. */
export const SIGNATURE = Uint8Array.of(0x50, 0x4d, 0x45, 0x4d, 0x4c, 0x4f, 0x47, 0);

/** Of the header, the first page. */
export const POOL = {
  size: POOL_PAGE,
  signature: 0,
  major: 0x08,
  compatible: 0x0c,
  incompatible: 0x10,
  readOnlyCompatible: 0x14,
  poolSetUuid: 0x18,
  /** Of this file, and of those before and after it in a set and of its replicas: all the same one in a single file. */
  uuids: 0x28,
  uuidCount: 5,
  created: 0x78,
  alignment: 0x80,
  /** Class of ELF, byte order, a reserved byte-wide field of four, machine. */
  architecture: 0x88,
  /** From here on it is zero. */
  unused: 0x90,
  /** From here on the header's checksum may leave words out. */
  uncovered: 0x800,
  shutdownState: 0xfb8,
  checksum: 0xff8,
} as const;

/** Bits of `incompatible`. */
export const INCOMPATIBLE = { singleHeader: 1, checksumOf2K: 2, shutdownState: 4 } as const;
/** Those that are known here. One header for several files is not: a pool is a single file. */
export const KNOWN_INCOMPATIBLE = INCOMPATIBLE.checksumOf2K | INCOMPATIBLE.shutdownState;
/** The version of the format. */
export const POOL_MAJOR = 1;
/** What the C library asks of the sizes and alignments of C's types: eight fields of four or more bits. */
export const ALIGNMENT_LOW = 0x37777310;
export const ALIGNMENT_HIGH = 0x000007f7;
/** 64 bits, little-endian. */
export const CLASS_AND_ORDER = 0x0102;
/** x86-64, as ELF names it. */
export const MACHINE = 62;

/** Behind the header: where the log begins and ends, and where the next append goes. */
export const LOG = { start: 0x1000, end: 0x1008, write: 0x1010, data: 0x2000 } as const;
