/**
 * The only table of offsets and sizes: docs/format.md in numbers, held to it by a test. All in bytes, unless a name says words.
 */

/** The version of the format that this code writes. */
export const FORMAT_VERSION = 1;

/** Two header pages, each holding one copy of everything that stands twice. */
export const PAGE = 4096;

/** Header, at the start of each page. */
export const HEADER = {
  size: 128,
  magic: 0,
  version: 8,
  checksum: 12,
  uuid: 16,
  streamSize: 32,
  blockSize: 40,
  dataStart: 48,
  created: 56,
  mayIgnore: 64,
  mayOnlyRead: 68,
  mustRefuse: 72,
} as const;

/** The first eight bytes of a stream. */
export const MAGIC = Uint8Array.of(0x89, 0x56, 0x41, 0x52, 0x56, 0x45, 0x0d, 0x0a);

/** State, at +512 of each page. */
export const STATE = {
  at: 512,
  size: 64,
  magic: 0,
  checksum: 4,
  sequence: 8,
  limit: 16,
  checkpoint: 24,
  newest: 32,
  flags: 40,
  streamSize: 48,
} as const;

/** "VSTT" as a little-endian word. */
export const STATE_MAGIC = 0x54545356;

/** Flag of the state: every mark is its region's end. */
export const STATE_CLEAN = 1;

/** A record of the region table. */
export const RECORD = {
  size: 128,
  kind: 0,
  checksum: 4,
  sequence: 8,
  id: 16,
  clears: 24,
  nameLength: 28,
  offset: 32,
  length: 40,
  birth: 48,
  mark: 56,
  markTimestamp: 64,
  markEntries: 72,
  nameChecksum: 80,
  place: 88,
  landmark: 96,
} as const;

/** What a record is about. */
export const RecordKind = { free: 1, region: 2, table: 3 } as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Bytes kept for a region's name. */
export const NAME = 256;
/** The longest name in bytes of UTF-8. */
export const NAME_MAX = 255;

/** The first table lies in the header pages: records at +2048 of each, names in the page behind them. */
export const FIRST_TABLE = {
  slots: 16,
  firstCopies: 2048,
  secondCopies: PAGE + 2048,
  names: 2 * PAGE,
} as const;
/** Bytes in front of the data, before rounding up to the block size. */
export const PREFIX = 3 * PAGE;
/** The least number of slots of a further table extent. */
export const TABLE_SLOTS_MIN = 32;
/** No further table extent is larger, but for the first one where a single block is. Bytes. */
export const TABLE_EXTENT_MAX = 2 ** 28;
/** Bytes that one slot of a further table extent takes: two records and a name. */
export const TABLE_SLOT = 2 * RECORD.size + NAME;

/** Header of an entry, with the places of its words. */
export const ENTRY = {
  header: 16,
  lengthWord: 0,
  checksumWord: 1,
  lowWord: 2,
  highWord: 3,
} as const;

/** Form of an entry, bits 21 and 22 of its last header word. */
export const Form = { entry: 0, entryAndGap: 1, part: 2, filler: 3 } as const;
export const FORM_SHIFT = 21;
export const FORM_MASK = 3 << FORM_SHIFT;
/** Bits of the last header word that belong to the timestamp. */
export const TIMESTAMP_HIGH_MASK = (1 << FORM_SHIFT) - 1;
/** Lag, the upper nine bits of the last header word. */
export const LAG_SHIFT = 23;
/** The lag that says nothing. */
export const LAG_UNKNOWN = 511;
/**
 * In the place of the lag, a part of a transaction says whether it goes on with the next timestamp: from this code on. Below, it is the last part, and the
 * code is its lag, of which `PART_LAG_UNKNOWN` says nothing.
 */
export const PART_GOES_ON = 256;
export const PART_LAG_UNKNOWN = 255;
/** Bytes skipped behind an entry of form `entryAndGap`. */
export const GAP = 8;

/** A filler that is a landmark: what it holds, from its own first byte on. */
export const LANDMARK = {
  size: 48,
  checksum: 16,
  number: 20,
  position: 24,
  after: 32,
  previous: 40,
  jump: 44,
} as const;
/** Bytes from one landmark to the next at least. */
export const LANDMARK_SPAN = 4 * 2 ** 20;

/** The largest region: typed arrays of Node 20 end at 4 GiB. */
export const REGION_MAX = 2 ** 32 - 4096;
export const BLOCK_SIZE_MIN = 64;
export const BLOCK_SIZE_MAX = 2 ** 30;
export const BLOCK_SIZE_DEFAULT = 4096;

/** How far ahead timestamps are reserved at a time. */
export const TIMESTAMP_SUPPLY = 2 ** 20;
/** No timestamp reaches this. */
export const TIMESTAMP_END = 2 ** 53 - 1;
