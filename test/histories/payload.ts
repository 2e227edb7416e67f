import { crc32 } from 'node:zlib';
import { pattern } from '../helpers/bytes.js';
import { whoOf } from './history.js';

/** Which entry it is, and where it was to go. */
export interface Origin {
  readonly actor: number;
  readonly number: number;
  readonly region: number;
  /** Clears of the region that its writer knew of. */
  readonly life: number;
}

/** The smallest payload of bytes that says whose it is. */
export const PAYLOAD_MIN = 28;

const TAG = 0xb7;
const CHECKSUM = 24;
const POOL = Buffer.from(pattern(2 ** 17, 11));

/** Bytes that say whose they are, with a checksum of their own. */
export function bytesFor({ actor, number, region, life }: Origin, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  POOL.copy(bytes, PAYLOAD_MIN, (number * 61 + actor * 7) % 4096);
  bytes.fill(0, 0, PAYLOAD_MIN);
  for (const [index, word] of [TAG, actor, number, region, life, size].entries())
    bytes.writeUInt32LE(word, index * 4);
  bytes.writeUInt32LE(crc32(bytes), CHECKSUM);
  return bytes;
}

/** Text that says the same. */
export function textFor({ actor, number, region, life }: Origin): string {
  const text = `grüße ${actor} ${number} ${region} ${life} `;
  return `${text}${crc32(text)}`;
}

/** `whoOf` the entry's writer; -1 if these are not the bytes that anybody writes, or they were meant for another region. */
export function whoWrote(bytes: Uint8Array, region: number): number {
  const buffer = Buffer.from(bytes);
  return buffer[0] === TAG ? whoWroteBytes(buffer, region) : whoWroteText(buffer.toString(), region);
}

function whoWroteBytes(bytes: Buffer, region: number): number {
  if (bytes.length < PAYLOAD_MIN || bytes.readUInt32LE(20) !== bytes.length) return -1;
  const checksum = bytes.readUInt32LE(CHECKSUM);
  bytes.writeUInt32LE(0, CHECKSUM);
  if (crc32(bytes) !== checksum || bytes.readUInt32LE(12) !== region) return -1;
  return whoOf(bytes.readUInt32LE(4), bytes.readUInt32LE(8));
}

function whoWroteText(text: string, region: number): number {
  const [, whole, actor, number, meant, checksum] = /^(grüße (\d+) (\d+) (\d+) \d+ )(\d+)$/.exec(text) ?? [];
  if (whole === undefined || crc32(whole) !== Number(checksum) || Number(meant) !== region) return -1;
  return whoOf(Number(actor), Number(number));
}
