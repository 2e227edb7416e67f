import { formOf, strideAt, timestampAt } from '../format/entry.js';
import { ENTRY, Form } from '../format/layout.js';
import type { Window } from '../media/window.js';

/** Visits the entries in [from, to) of a window, which are known to be good: their timestamps and the bytes of their payloads. Fillers are passed over. */
export function eachEntry(
  { words, start }: Window,
  from: number,
  to: number,
  visit: (timestamp: number, size: number) => void,
): void {
  for (let at = from; at < to; ) {
    const word = (at - start) / 4;
    if (formOf(words[word + ENTRY.highWord] as number) !== Form.filler)
      visit(timestampAt(words, word), words[word] as number);
    at += strideAt(words, word);
  }
}
