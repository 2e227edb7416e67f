import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { MemoryMedium, type Region, Stream, type StreamOptions } from '../../src/index.js';
import type { KindName } from '../helpers/media.js';

const SIZE = 256 * 1024;
const ENTRY = 1000;

/** Opens a stream of that kind: of its own in memory, else the one at `path`, made if it is not there. */
export function openOn(kind: KindName, path: string, options: StreamOptions = {}): Stream {
  if (kind === 'memory') return Stream.openSync(new MemoryMedium(SIZE), options);
  return Stream.openSync(path, { ...(options.readOnly ? {} : { size: SIZE }), medium: kind, ...options });
}

/** Fills a region with one byte, and returns views of every sort that show it. */
export function fillAndView(region: Region, byte: number): Uint8Array[] {
  const payload = new Uint8Array(ENTRY).fill(byte);
  for (let i = 0; i < 8; i++) region.appendSync(payload);
  const [first] = region;
  const cursor = region.cursor();
  assert.ok(first !== undefined && cursor.next());
  const slot = region.reserve(ENTRY);
  slot.data.fill(byte);
  const views = [
    first.data,
    cursor.data,
    slot.data,
    new Uint8Array(cursor.view.buffer, cursor.view.byteOffset + 16, 64),
  ];
  slot.cancel();
  return views;
}

/** Each view is empty, or shows what it showed, or zeroes: never what somebody else stored. */
export function assertHarmless(views: readonly Uint8Array[], byte: number): void {
  for (const view of views) {
    // By index: a detached view has no iterator.
    for (let i = 0; i < view.length; i++) {
      assert.ok(view[i] === byte || view[i] === 0, `a view of ${byte} shows ${view[i]}`);
    }
  }
}

/** Lets everything be collected that can be, finalizers included. */
export async function collect(): Promise<void> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await turn();
  }
}

/** What the process holds of the system. */
export function holdings(): { maps: number; descriptors: number; external: number } {
  const { external, arrayBuffers } = process.memoryUsage();
  return {
    maps: readFileSync('/proc/self/maps', 'latin1').split('\n').length,
    descriptors: readdirSync('/proc/self/fd').length,
    external: external + arrayBuffers,
  };
}
