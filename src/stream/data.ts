import { types } from 'node:util';
import { typeError } from '../base/errors.js';

/** What can be appended: any bytes, or text, which is stored as UTF-8. */
export type Data = string | NodeJS.ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/**
 * The bytes behind data: without a copy, but of text.
 *
 * @throws TypeError if it is something else, or its memory was detached
 */
export function bytesOf(data: unknown): Uint8Array {
  return data instanceof Uint8Array && data.length > 0 ? data : checkedBytesOf(data);
}

function checkedBytesOf(data: unknown): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  try {
    return viewOf(data);
  } catch (cause) {
    throw Object.assign(typeError(describe(data)), { cause });
  }
}

/** The constructors and `keys` throw a TypeError where the memory was detached or taken away; a plain look says 0 bytes. */
function viewOf(data: unknown): Uint8Array {
  if (ArrayBuffer.isView(data)) {
    if (!types.isDataView(data)) (data as Uint8Array).keys();
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (types.isAnyArrayBuffer(data)) return new Uint8Array(data);
  throw typeError('neither bytes nor text');
}

function describe(data: unknown): string {
  const what =
    data === null
      ? 'null'
      : ArrayBuffer.isView(data) || data instanceof ArrayBuffer
        ? 'a detached buffer'
        : typeof data;
  return `Cannot append ${what}: it must be a string, an ArrayBuffer, a SharedArrayBuffer or a view of one, and not be detached`;
}

/** The bytes of each part. Throws as `bytesOf`, and a TypeError if they are no array. */
export function partsOf(parts: readonly Data[]): Uint8Array[] {
  if (!Array.isArray(parts))
    throw typeError('Cannot append these parts: they must be an array of bytes and strings');
  return parts.map(bytesOf);
}

/** Bytes of all parts together. */
export function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}
