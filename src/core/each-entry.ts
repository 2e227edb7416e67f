import { formOf, strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, Form } from '../format/layout.js';
import type { Window } from '../media/window.js';

/** What is said of an entry that is visited. */
export interface Visited {
  timestamp: number;
  /** Bytes of its payload. */
  size: number;
  /** Where its header begins. */
  position: number;
  /** True if it is a part of a transaction. */
  isPart: boolean;
}

/** Visits the entries in [from, to) of a window, which are known to be good. Fillers are passed over. What is handed over is the same object each time. */
export function eachEntry(
  { words, start }: Window,
  from: number,
  to: number,
  visit: (entry: Readonly<Visited>) => void,
): void {
  const entry: Visited = { timestamp: 0, size: 0, position: 0, isPart: false };
  for (let at = from; at < to; ) {
    const word = (at - start) / 4;
    const high = words[word + ENTRY.highWord] as number;
    const form = formOf(high);
    if (form !== Form.filler) {
      entry.timestamp = timestampAt(words, word);
      entry.size = words[word] as number;
      entry.position = at;
      entry.isPart = form === Form.part;
      visit(entry);
    }
    at += strideAt(words, word);
  }
}
