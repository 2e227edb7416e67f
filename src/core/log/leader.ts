import { ENTRY } from '../../format/layout.js';
import type { Window } from '../../media/window.js';

/** Bytes of a leader with nothing but the time. */
export const LEADER = 8;
/** A producer follows: its sequence, the length of its id, and the id. */
const WITH_PRODUCER = 1;
/** Bytes before the id: time, sequence, length. */
const ID_AT = 17;
/** Bytes of UTF-8 that a producer's id may have. */
export const PRODUCER_MAX = 255;

/** Who appended an entry, and as the how manieth of its own. */
export interface Produced {
  readonly producer: string;
  readonly sequence: number;
}

/** What a log puts before the payload of an entry. */
export interface Leader {
  /** When it was appended, milliseconds since 1970. */
  readonly time: number;
  /** Bytes of the leader, a multiple of 8. */
  readonly size: number;
}

/** A leader with nothing but the time, as two words of a region too. All entries of a millisecond share one, which nobody changes. */
export class PlainLeader implements Leader {
  readonly time: number;
  readonly size = LEADER;
  readonly bytes: Uint8Array;
  readonly low: number;
  readonly high: number;

  constructor(time: number) {
    this.time = time;
    this.bytes = encodeLeader(time);
    this.low = time >>> 0;
    this.high = Math.floor(time / 2 ** 32);
  }
}

/** The leader of an entry that is appended now. */
export function encodeLeader(time: number, produced?: Produced): Uint8Array {
  const id = produced === undefined ? undefined : Buffer.from(produced.producer);
  const bytes = new Uint8Array(id === undefined ? LEADER : sizeWithId(id.length));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, time % 2 ** 32, true);
  view.setUint16(4, Math.floor(time / 2 ** 32), true);
  if (id === undefined) return bytes;
  view.setUint16(6, WITH_PRODUCER, true);
  view.setFloat64(8, (produced as Produced).sequence, true);
  view.setUint8(ID_AT - 1, id.length);
  bytes.set(id, ID_AT);
  return bytes;
}

/** What stands before the payload of the entry whose header stands at `position`. */
export function leaderAt({ words, bytes, start }: Window, position: number): Leader {
  const word = (position - start + ENTRY.header) >>> 2;
  const high = words[word + 1] as number;
  const time = (high & 0xffff) * 2 ** 32 + (words[word] as number);
  if (((high >>> 16) & WITH_PRODUCER) === 0) return { time, size: LEADER };
  return { time, size: sizeWithId(bytes[4 * word + ID_AT - 1] as number) };
}

/** Who appended the entry; undefined if it does not say. */
export function producedAt({ bytes, start }: Window, position: number): Produced | undefined {
  const at = position - start + ENTRY.header;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  if ((view.getUint16(6, true) & WITH_PRODUCER) === 0) return undefined;
  const from = at + ID_AT;
  const id = bytes.subarray(from, from + view.getUint8(ID_AT - 1));
  return { producer: Buffer.from(id).toString(), sequence: view.getFloat64(8, true) };
}

function sizeWithId(length: number): number {
  return Math.ceil((ID_AT + length) / 8) * 8;
}
