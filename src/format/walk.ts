import { certifiedAt, checksumAt, formOf, strideAt, timestampAt } from './entry.js';
import { ENTRY, Form } from './layout.js';

/**
 * Stores the checksum of every entry and filler in [from, to), which are known to stand there one behind the other.
 *
 * @param words the window's words
 * @param from index of the first byte within the window, a multiple of 8
 * @param to index behind the last one
 */
export function sealEntries(words: Uint32Array, from: number, to: number, seed: number): void {
  for (let at = from; at < to; ) {
    const word = at / 4;
    words[word + ENTRY.checksumWord] = checksumAt(words, word, seed);
    at += strideAt(words, word);
  }
}

/** What a walk over entries of unknown quality found. */
export interface Walk {
  /** Index of the first byte that belongs to no valid entry. */
  end: number;
  /** Timestamp of the last valid entry, else the one given. */
  timestamp: number;
  /** Timestamp of the first valid entry; 0 if there is none. */
  first: number;
  /** Valid entries, fillers not counted. */
  entries: number;
  /** How many of them are parts of transactions. */
  parts: number;
  /** The greatest timestamp that a valid entry says was persisted; 0 if none says so. */
  certified: number;
}

/**
 * Walks from `from` as long as there is a valid entry that ends at or before `to` (docs/format.md, "Validity").
 *
 * @param after timestamp of the entry before
 * @param below no entry may reach this timestamp
 */
export function walkEntries(
  words: Uint32Array,
  from: number,
  to: number,
  seed: number,
  after: number,
  below: number,
): Walk {
  const walk: Walk = { end: from, timestamp: after, first: 0, entries: 0, parts: 0, certified: 0 };
  while (isValidAt(words, walk.end, to, seed, walk.timestamp, below)) {
    const word = walk.end / 4;
    const form = formOf(words[word + ENTRY.highWord] as number);
    if (form !== Form.filler) {
      walk.timestamp = timestampAt(words, word);
      if (walk.entries++ === 0) walk.first = walk.timestamp;
      if (form === Form.part) walk.parts++;
      walk.certified = Math.max(walk.certified, certifiedAt(words, word));
    }
    walk.end += strideAt(words, word);
  }
  return walk;
}

function isValidAt(
  words: Uint32Array,
  at: number,
  to: number,
  seed: number,
  after: number,
  below: number,
): boolean {
  if (at + ENTRY.header > to) return false;
  const word = at / 4;
  if (at + strideAt(words, word) > to) return false;
  const timestamp = timestampAt(words, word);
  const form = formOf(words[word + ENTRY.highWord] as number);
  if (timestamp >= below) return false;
  if (form === Form.filler ? timestamp < after || (words[word] as number) % 8 !== 0 : timestamp <= after)
    return false;
  return words[word + ENTRY.checksumWord] === checksumAt(words, word, seed);
}
