import { formOf, goesOn, timestampAt } from './entry.js';
import { ENTRY, FORM_MASK, FORM_SHIFT, Form, TIMESTAMP_HIGH_MASK } from './layout.js';

/** Constants of this module: imported ones are loaded anew for every entry. */
const { lowWord: LOW, highWord: HIGH } = ENTRY;
const WORDS = ENTRY.header / 4;
const FORMS = FORM_MASK;
const FILLER = Form.filler << FORM_SHIFT;
const ENTRY_AND_GAP = Form.entryAndGap << FORM_SHIFT;
const PART = Form.part << FORM_SHIFT;
const TIMESTAMP_HIGH = TIMESTAMP_HIGH_MASK;
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
    // Written out: the check whether a function is still the same one costs as much as what it does.
    let stride = WORDS + ((((words[word] as number) + 7) >>> 3) << 1);
    // Nearly all are plain entries, whose timestamps differ in the lower word only.
    if (tagged === high) {
      if ((words[(word + LOW) | 0] as number) >= low) break;
    } else {
      const form = tagged & FORMS;
      if (form !== FILLER && timestampAt(words, word) >= timestamp) break;
      if (form === ENTRY_AND_GAP) stride += 2;
    }
    word += stride;
  }
  return word;
}

/** Timestamp of the last entry in [from, to), else `after`. */
export function lastBefore(words: Uint32Array, from: number, to: number, after: number): number {
  let last = after;
  for (let word = from; word < to; ) {
    if (formOf(words[word + HIGH] as number) !== Form.filler) last = timestampAt(words, word);
    word += strideInWords(words[word] as number, (words[word + HIGH] as number) & FORMS);
  }
  return last;
}

/** What the entries of a stretch are parts of. */
export interface Parts {
  /** Timestamps of parts of transactions that go on with the next timestamp. */
  readonly goingOn: readonly number[];
  /** The newest part of a transaction; 0 if there is none. */
  readonly newestPart: number;
}

/** The timestamps of entries that stand one behind the other. */
export interface Timestamps extends Parts {
  /** First and last of each run of consecutive ones, one behind the other. */
  readonly runs: readonly number[];
}

/** What timestamps the entries in [from, to) have. */
export function timestampsIn(words: Uint32Array, from: number, to: number): Timestamps {
  const runs: number[] = [];
  const end = to | 0;
  let hasParts = false;
  let first = 0;
  let last = -1;
  let word = from | 0;
  while (word < end) {
    const form = (words[(word + HIGH) | 0] as number) & FORMS;
    if (form !== FILLER) {
      const timestamp = timestampAt(words, word);
      if (timestamp !== last + 1) {
        if (last !== -1) runs.push(first, last);
        first = timestamp;
      }
      last = timestamp;
    }
    if (form === PART) hasParts = true;
    word += strideInWords(words[word] as number, form);
  }
  if (last !== -1) runs.push(first, last);
  return hasParts ? { runs, ...partsIn(words, from, to) } : { runs, goingOn: [], newestPart: 0 };
}

function partsIn(words: Uint32Array, from: number, to: number): Parts {
  const goingOn: number[] = [];
  let newestPart = 0;
  for (let word = from; word < to; ) {
    const tagged = words[word + HIGH] as number;
    const form = tagged & FORMS;
    if (form === PART) {
      newestPart = timestampAt(words, word);
      if (goesOn(tagged)) goingOn.push(newestPart);
    }
    word += strideInWords(words[word] as number, form);
  }
  return { goingOn, newestPart };
}

/**
 * Index of the first header in [from, last], at every second word, that has a timestamp above `after` and below `below`; -1 if there is none. It is what
 * finds entries where no chain leads to them, and most of what it passes is zero.
 */
export function firstWithin(
  words: Uint32Array,
  from: number,
  last: number,
  after: number,
  below: number,
): number {
  const end = last | 0;
  for (let word = from | 0; word <= end; word += 2) {
    const low = words[(word + LOW) | 0] as number;
    const tagged = words[(word + HIGH) | 0] as number;
    if ((low | tagged) === 0) continue;
    const timestamp = low + (tagged & TIMESTAMP_HIGH) * 2 ** 32;
    if (timestamp > after && timestamp < below) return word;
  }
  return -1;
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
    word += strideInWords(words[word] as number, form);
  }
  return place;
}

/** Words from one header to the next. Beside another process a size may be anything, but this leads on. */
function strideInWords(size: number, form: number): number {
  return WORDS + (((size + 7) >>> 3) << 1) + (form === ENTRY_AND_GAP ? 2 : 0);
}
