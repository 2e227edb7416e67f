import type { Extent } from '../media/medium.js';

/** Stores bytes into an extent and gives them to the next drain. */
export function store(extent: Extent, position: number, bytes: Uint8Array): void {
  const window = extent.write(position, bytes.length);
  window.bytes.set(bytes, position - window.start);
  extent.flush(position, position + bytes.length);
}

/** The bytes of an extent, as they are in memory at the moment. */
export function load(extent: Extent, position: number, length: number): Uint8Array {
  const window = extent.read(position, length, extent.length);
  return window.bytes.subarray(position - window.start, position - window.start + length);
}
