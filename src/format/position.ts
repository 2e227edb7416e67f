import { builtin } from '../base/builtins.js';
import { crc32c } from './crc32c.js';
import { TIMESTAMP_END } from './layout.js';
import { streamSeed } from './seeds.js';
import { getU64, setU64 } from './words.js';

/** The file of a consumer that cannot write to its stream: two slots, in two pages. */
export const POSITION = {
  /** Bytes of a slot. */
  size: 512,
  /** Where the two slots are. */
  offsets: [0, 4096],
  /** Bytes of the file. */
  end: 4608,
  /** Bytes of UTF-8 that log and consumer may each be named by. */
  nameMax: 200,
} as const;

/** "VPOS" */
const MAGIC = 0x534f5056;
const WORDS = { magic: 0, checksum: 1, revision: 2, position: 4, flags: 6, names: 7 } as const;
const NAMES = 32;
const PROTECT = 1;
/** File systems take names of 255 bytes. */
const FILE_NAME_MAX = 200;

/** Where a consumer stands. */
export interface Position {
  readonly log: string;
  readonly consumer: string;
  /** Counts up with each position. */
  readonly revision: number;
  /** Timestamp up to which everything is acknowledged; 0 if nothing is. */
  readonly position: number;
  /** True if trimming is not to go past it. */
  readonly protect: boolean;
}

/** The bytes of a slot. */
export function encodePosition(at: Position, uuid: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(POSITION.size);
  const words = new Uint32Array(bytes.buffer);
  const log = Buffer.from(at.log);
  const consumer = Buffer.from(at.consumer);
  words[WORDS.magic] = MAGIC;
  setU64(words, WORDS.revision, at.revision);
  setU64(words, WORDS.position, at.position);
  words[WORDS.flags] = at.protect ? PROTECT : 0;
  words[WORDS.names] = log.length | (consumer.length << 16);
  bytes.set(log, NAMES);
  bytes.set(consumer, NAMES + log.length);
  words[WORDS.checksum] = crc32c(streamSeed(uuid), bytes);
  return bytes;
}

/** What a slot says. */
export interface FilledSlot {
  /** Which of the two it is. */
  readonly index: number;
  readonly said: Position;
}

/** What the slots of a file say: of those that are whole and of this stream, the one with the higher revision. */
export function newestSlot(file: Uint8Array, uuid: Uint8Array): FilledSlot | undefined {
  let newest: FilledSlot | undefined;
  for (const [index, at] of POSITION.offsets.entries()) {
    const said = decodeSlot(new Uint8Array(file.subarray(at, at + POSITION.size)), uuid);
    if (said !== undefined && said.revision >= (newest?.said.revision ?? 0)) newest = { index, said };
  }
  return newest;
}

/** @param bytes a copy, which is changed */
function decodeSlot(bytes: Uint8Array, uuid: Uint8Array): Position | undefined {
  if (bytes.length < POSITION.size) return undefined;
  const words = new Uint32Array(bytes.buffer);
  const checksum = words[WORDS.checksum];
  words[WORDS.checksum] = 0;
  if (words[WORDS.magic] !== MAGIC || checksum !== crc32c(streamSeed(uuid), bytes)) return undefined;
  const names = words[WORDS.names] as number;
  const middle = NAMES + (names & 0xffff);
  const end = middle + (names >>> 16);
  const revision = getU64(words, WORDS.revision);
  const position = getU64(words, WORDS.position);
  if (end > POSITION.size || revision >= TIMESTAMP_END || position >= TIMESTAMP_END) return undefined;
  return {
    log: Buffer.from(bytes.subarray(NAMES, middle)).toString(),
    consumer: Buffer.from(bytes.subarray(middle, end)).toString(),
    revision,
    position,
    protect: ((words[WORDS.flags] as number) & PROTECT) !== 0,
  };
}

/** The name of a file or directory for a name of any kind, also on file systems that do not tell capital letters, and not too long for any. */
export function fileNameOf(name: string): string {
  const plain = /^[a-z0-9_-]$/;
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)$/.test(name);
  let encoded = '';
  for (const byte of Buffer.from(name)) {
    const character = String.fromCharCode(byte);
    const keep = plain.test(character) && !(reserved && encoded === '');
    encoded += keep ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  if (encoded.length <= FILE_NAME_MAX) return encoded;
  const hash = builtin('node:crypto').createHash('sha256').update(name).digest('hex');
  return `${encoded.slice(0, FILE_NAME_MAX - hash.length - 1)}~${hash}`;
}
