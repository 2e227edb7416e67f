import { ENTRY } from '../../format/layout.js';
import { type Extent, freshWindow } from '../../media/medium.js';
import type { Window } from '../../media/window.js';
import { UNIT, UNIT_SHIFT } from './board.js';

/**
 * The mark of a reserved place stands where its header will be, behind the region's tail: bytes reserved or published; length of the place in
 * units of 8 bytes, and what has become of it; the number of its thread. It needs no room of its own, and so there may be any number of places. The second word is
 * where the checksum will be, which is stored last: until the commit counts the mark can still be read.
 */
const MARK = { size: 0, state: 1, thread: 2 } as const;
/** What has become of a place. */
export const Mark = { open: 1, published: 2, cancelled: 3 } as const;
const STATE_BITS = 2;

/** What a mark says. */
export interface PlaceMark {
  readonly position: number;
  readonly end: number;
  readonly size: number;
  readonly state: number;
  readonly thread: number;
}

/** Stores a mark where its place begins. */
export function storeMark({ words, start }: Window, { position, end, size, state, thread }: PlaceMark): void {
  const word = (position - start) >>> 2;
  words[word + MARK.size] = size;
  words[word + MARK.thread] = thread;
  words[word + MARK.state] = (((end - position) >>> UNIT_SHIFT) << STATE_BITS) | state;
}

/** The marks in [from, to), where places are reserved. The region's lock is held. */
export function* marksIn(extent: Extent, from: number, to: number): Generator<PlaceMark> {
  for (let position = from; position < to; ) {
    const window = freshWindow(extent, position, ENTRY.header);
    const word = (position - window.start) >>> 2;
    const second = window.words[word + MARK.state] as number;
    // A thread that died while it gave back what a place does not use may have left the old length in the mark.
    const end = Math.min(position + (second >>> STATE_BITS) * UNIT, to);
    const size = window.words[word + MARK.size] as number;
    const thread = window.words[word + MARK.thread] as number;
    yield { position, end, size, state: second & ((1 << STATE_BITS) - 1), thread };
    position = end;
  }
}
