import assert from 'node:assert/strict';
import { pattern } from '../helpers/bytes.js';

/** Which entry it is: the `number`-th of the process that was the `run`-th to write the stream. */
export interface Who {
  readonly run: number;
  readonly number: number;
}

/** The smallest payload that says who it is. */
export const PAYLOAD_MIN = 16;

const CHUNK = 4096;
const POOL = Buffer.from(pattern(4 * CHUNK, 7));

/** Rises in the order in which entries are reserved. */
export function orderOf({ run, number }: Who): number {
  return run * 2 ** 32 + number;
}

/** The bytes of an entry: they say who it is and how long, and all others follow from that. */
export function payloadOf(who: Who, size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  let from = (who.run * 1009 + who.number * 31) % CHUNK;
  for (let at = 0; at < size; at += CHUNK) {
    POOL.copy(bytes, at, from, Math.min(from + CHUNK, from + size - at));
    from = (from + 977) % (3 * CHUNK);
  }
  bytes.writeUInt32LE(who.run, 0);
  bytes.writeUInt32LE(who.number, 4);
  bytes.writeUInt32LE(size, 8);
  bytes.writeUInt32LE(0, 12);
  return bytes;
}

/** Who an entry is; throws unless its bytes are what `payloadOf` makes, all of them. */
export function whoIs(bytes: Uint8Array): Who {
  assert.ok(bytes.byteLength >= PAYLOAD_MIN, `an entry of ${bytes.byteLength} bytes, which nobody wrote`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const who = { run: view.getUint32(0, true), number: view.getUint32(4, true) };
  const wanted = payloadOf(who, bytes.byteLength);
  assert.ok(
    Buffer.compare(bytes, wanted) === 0,
    `bytes of what says to be entry ${who.number} of run ${who.run}`,
  );
  return who;
}
