import { checkedStructure, newStructure, withChecksum } from './checked.js';
import { RECORD, RecordKind } from './layout.js';
import { getU64, setU64 } from './words.js';

const KINDS = Object.values(RecordKind);

/** How far a region is known to be filled. */
export interface Mark {
  /** Offset in the region; everything below it is persisted and belongs to entries. */
  tail: number;
  /** Timestamp of the last entry below it, else the region's birth - 1. */
  timestamp: number;
  /** Entries below it. */
  entries: number;
  /** Offset of the newest landmark below it; 0 if there is none. */
  landmark: number;
}

/** One line of the region table. */
export interface TableRecord {
  kind: RecordKind;
  /** Of two whole copies, the one with the greater number counts. */
  sequence: number;
  id: number;
  /** How often the region was cleared. */
  clears: number;
  nameLength: number;
  nameChecksum: number;
  /** Within the stream, in bytes. */
  offset: number;
  /** Bytes of the region or of the table extent. */
  length: number;
  /** No entry of this life of the region has a lower timestamp. */
  birth: number;
  mark: Mark;
}

/** The mark of a region that nothing is known of but when its life began. */
export function noMark(birth: number): Mark {
  return { tail: 0, timestamp: birth - 1, entries: 0, landmark: 0 };
}

/** A slot that no region has ever had. */
export function unusedRecord(): TableRecord {
  return {
    kind: RecordKind.free,
    sequence: 1,
    id: 0,
    clears: 0,
    nameLength: 0,
    nameChecksum: 0,
    offset: 0,
    length: 0,
    birth: 0,
    mark: noMark(1),
  };
}

/**
 * The record's 128 bytes, checksummed from the stream's seed; good until the next structure is made or read.
 *
 * @param place of the slot that it stands in: the offset of its name within the stream; 0 for one that was never used
 */
export function encodeRecord(record: TableRecord, seed: number, place: number): Uint8Array {
  const structure = newStructure(RECORD.size);
  const { words } = structure;
  words[RECORD.kind / 4] = record.kind;
  setU64(words, RECORD.sequence / 4, record.sequence);
  setU64(words, RECORD.id / 4, record.id);
  words[RECORD.clears / 4] = record.clears;
  words[RECORD.nameLength / 4] = record.nameLength;
  setU64(words, RECORD.offset / 4, record.offset);
  setU64(words, RECORD.length / 4, record.length);
  setU64(words, RECORD.birth / 4, record.birth);
  setU64(words, RECORD.mark / 4, record.mark.tail);
  setU64(words, RECORD.markTimestamp / 4, record.mark.timestamp);
  setU64(words, RECORD.markEntries / 4, record.mark.entries);
  words[RECORD.nameChecksum / 4] = record.nameChecksum;
  setU64(words, RECORD.place / 4, place);
  words[RECORD.landmark / 4] = record.mark.landmark;
  return withChecksum(structure, RECORD.checksum, seed);
}

/** Reads 128 bytes; undefined if they are no whole record of this stream, or that of another slot: a disk may write to the wrong place. */
export function decodeRecord(source: Uint8Array, seed: number, place: number): TableRecord | undefined {
  const structure = checkedStructure(source, RECORD.size, RECORD.checksum, seed);
  if (structure === undefined) return undefined;
  const { words } = structure;
  const kind = words[RECORD.kind / 4] as RecordKind;
  if (!KINDS.includes(kind) || !isOf(place, getU64(words, RECORD.place / 4))) return undefined;
  return {
    kind,
    sequence: getU64(words, RECORD.sequence / 4),
    id: getU64(words, RECORD.id / 4),
    clears: words[RECORD.clears / 4] as number,
    nameLength: words[RECORD.nameLength / 4] as number,
    nameChecksum: words[RECORD.nameChecksum / 4] as number,
    offset: getU64(words, RECORD.offset / 4),
    length: getU64(words, RECORD.length / 4),
    birth: getU64(words, RECORD.birth / 4),
    mark: {
      tail: getU64(words, RECORD.mark / 4),
      timestamp: getU64(words, RECORD.markTimestamp / 4),
      entries: getU64(words, RECORD.markEntries / 4),
      landmark: words[RECORD.landmark / 4] as number,
    },
  };
}

function isOf(place: number, said: number): boolean {
  return said === place || said === 0;
}
