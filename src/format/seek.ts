import { formOf, strideAt, timestampAt } from './entry.js';
import { ENTRY, FORM_MASK, FORM_SHIFT, Form, TIMESTAMP_HIGH_MASK } from './layout.js';

/** Constants of this module: imported ones are loaded anew for every entry. */
const { lowWord: LOW, highWord: HIGH } = ENTRY;
const WORDS = ENTRY.header / 4;
const FORMS = FORM_MASK;
const FILLER = Form.filler << FORM_SHIFT;
const ENTRY_AND_GAP = Form.entryAndGap << FORM_SHIFT;
const FORM_AND_HIGH = FORM_MASK | TIMESTAMP_HIGH_MASK;

/**
 * Index of the header of the first entry in [from, to) with `timestamp` or a later one; `to`, or what lies behind, if there is none.
 * It is done for single entries, and passes many for each: nothing is called on the way.
 */
export function firstNotBefore(words: Uint32Array, from: number, to: number, timestamp: number): number {
  const low = timestamp >>> 0;
  const high = Math.floor(timestamp / 2 ** 32) | 0;
  const end = to | 0;
  let word = from | 0;
  while (word < end) {
    const tagged = (words[(word + HIGH) | 0] as number) & FORM_AND_HIGH;
    let stride = WORDS + ((((words[word] as number) + 7) >>> 3) << 1);
    // Nearly all are plain entries, whose timestamps differ in the lower word only.
    if (tagged === high) {
      if ((words[(word + LOW) | 0] as number) >= low) break;
    } else {
      const form = tagged & FORMS;
      if (form !== FILLER && timestampAt(words, word) >= timestamp) break;
      if (form === ENTRY_AND_GAP) stride += 2;
    }
    // Beside another process it may be anything, but it leads on.
    word += stride;
  }
  return word;
}

/** Timestamp of the last entry in [from, to), else `after`. */
export function lastBefore(words: Uint32Array, from: number, to: number, after: number): number {
  let last = after;
  for (let word = from; word < to; ) {
    if (formOf(words[word + HIGH] as number) !== Form.filler) last = timestampAt(words, word);
    word += strideAt(words, word) / 4;
  }
  return last;
}

/**
 * Notes where the entries in [from, to) begin, behind `count` places that are noted already. Returns how many there are then.
 */
export function noteEntries(
  words: Uint32Array,
  from: number,
  to: number,
  places: number[],
  count: number,
): number {
  const end = to | 0;
  let place = count | 0;
  let word = from | 0;
  while (word < end) {
    const form = (words[(word + HIGH) | 0] as number) & FORMS;
    if (form !== FILLER) {
      places[place] = word;
      place = (place + 1) | 0;
    }
    word += WORDS + ((((words[word] as number) + 7) >>> 3) << 1) + (form === ENTRY_AND_GAP ? 2 : 0);
  }
  return place;
}
