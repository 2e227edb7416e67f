import { checkedStructure, newStructure, withChecksum } from './checked.js';
import { HEADER, MAGIC } from './layout.js';
import { getU64, setU64 } from './words.js';

/** Where the header's checksum starts: the stream's seed is known only once the header is. */
const START = 0xffffffff;

/** What never changes in the life of a stream. */
export interface StreamHeader {
  version: number;
  /** 16 bytes. */
  uuid: Uint8Array;
  /** Bytes of the stream. */
  size: number;
  /** Bytes that every region's offset is a multiple of. */
  blockSize: number;
  /** Offset of the first block that regions may take. */
  dataStart: number;
  /** Milliseconds since 1970. */
  created: number;
  features: { mayIgnore: number; mayOnlyRead: number; mustRefuse: number };
}

/** The header's 128 bytes, checksum included; good until the next structure is made or read. */
export function encodeHeader(header: StreamHeader): Uint8Array {
  const structure = newStructure(HEADER.size);
  const { bytes, words } = structure;
  bytes.set(MAGIC, HEADER.magic);
  words[HEADER.version / 4] = header.version;
  bytes.set(header.uuid, HEADER.uuid);
  setU64(words, HEADER.streamSize / 4, header.size);
  setU64(words, HEADER.blockSize / 4, header.blockSize);
  setU64(words, HEADER.dataStart / 4, header.dataStart);
  setU64(words, HEADER.created / 4, header.created);
  words[HEADER.mayIgnore / 4] = header.features.mayIgnore;
  words[HEADER.mayOnlyRead / 4] = header.features.mayOnlyRead;
  words[HEADER.mustRefuse / 4] = header.features.mustRefuse;
  return withChecksum(structure, HEADER.checksum, START);
}

/** True if the bytes begin as a stream's do, whatever follows. */
export function hasMagic(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** Reads 128 bytes; undefined if they are no whole header. */
export function decodeHeader(source: Uint8Array): StreamHeader | undefined {
  const structure = checkedStructure(source, HEADER.size, HEADER.checksum, START);
  if (structure === undefined || !hasMagic(structure.bytes)) return undefined;
  const { bytes, words } = structure;
  return {
    version: words[HEADER.version / 4] as number,
    uuid: bytes.slice(HEADER.uuid, HEADER.uuid + 16),
    size: getU64(words, HEADER.streamSize / 4),
    blockSize: getU64(words, HEADER.blockSize / 4),
    dataStart: getU64(words, HEADER.dataStart / 4),
    created: getU64(words, HEADER.created / 4),
    features: {
      mayIgnore: words[HEADER.mayIgnore / 4] as number,
      mayOnlyRead: words[HEADER.mayOnlyRead / 4] as number,
      mustRefuse: words[HEADER.mustRefuse / 4] as number,
    },
  };
}
