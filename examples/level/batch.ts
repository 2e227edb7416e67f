/** A change of one key. */
export type Change = { key: Uint8Array; value: Uint8Array | undefined }; // undefined: deleted

/** A change in an entry, and where its value is there. */
export interface Placed {
  readonly key: Uint8Array;
  /** Undefined: deleted. */
  readonly value: { readonly from: number; readonly to: number } | undefined;
  /** Bytes of the whole change. */
  readonly size: number;
}

const DELETED = 0xffff_ffff;
const HEAD = 8;

/**
 * Changes as one entry: all of them happen or none. Each is the length of its key and that of its value, 32 bits each, the lowest byte first, then key and
 * value; a value of length 2^32 - 1 is none.
 */
export function encodeBatch(changes: readonly Change[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(sizeOf(changes));
  let at = 0;
  for (const { key, value } of changes) {
    at = bytes.writeUInt32LE(key.length, at);
    at = bytes.writeUInt32LE(value?.length ?? DELETED, at);
    bytes.set(key, at);
    at += key.length;
    if (value !== undefined) bytes.set(value, at);
    at += value?.length ?? 0;
  }
  return bytes;
}

/** The changes of an entry, with keys of their own. */
export function* decodeBatch(bytes: Uint8Array): Generator<Placed, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const [keyLength, length] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const from = at + HEAD + keyLength;
    const value = length === DELETED ? undefined : { from, to: from + length };
    const size = (value?.to ?? from) - at;
    yield { key: bytes.slice(at + HEAD, from), value, size };
    at += size;
  }
}

/** Bytes of the entry that changes become. */
export function sizeOf(changes: readonly Change[]): number {
  return changes.reduce((sum, { key, value }) => sum + HEAD + key.length + (value?.length ?? 0), 0);
}
