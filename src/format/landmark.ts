import { checkedStructure, newStructure, withChecksum } from './checked.js';
import { ENTRY, LANDMARK } from './layout.js';
import { getU64, setU64 } from './words.js';

/** A filler that tells what stands before it, so that nobody has to begin at the region's first entry to find the newest ones. */
export interface Landmark {
  /** Offset in the region. */
  readonly position: number;
  /** 1, 2, 3, … within a life of the region; 0 for its beginning, which needs no filler. */
  readonly number: number;
  /** Timestamp of the last entry before it, else birth - 1. */
  readonly after: number;
  /** Offset of the landmark before it; 0 for the region's beginning. */
  readonly previous: number;
  /** The same of one farther back. */
  readonly jump: number;
}

/** Bytes that a landmark's filler skips: all but its header. */
export const LANDMARK_BYTES = 32;

/**
 * What the filler skips, checksummed; good until the next structure is made or read.
 *
 * @param seed of the region
 */
export function encodeLandmark(
  { position, number, after, previous, jump }: Landmark,
  seed: number,
): Uint8Array {
  const structure = newStructure(LANDMARK_BYTES);
  const { words } = structure;
  words[wordOf('number')] = number;
  setU64(words, wordOf('position'), position);
  setU64(words, wordOf('after'), after);
  words[wordOf('previous')] = previous;
  words[wordOf('jump')] = jump;
  return withChecksum(structure, 4 * wordOf('checksum'), seed);
}

/** Reads what a filler skips; undefined if that is no whole landmark at `position` of the region with this seed. */
export function decodeLandmark(source: Uint8Array, position: number, seed: number): Landmark | undefined {
  const structure = checkedStructure(source, LANDMARK_BYTES, 4 * wordOf('checksum'), seed);
  if (structure === undefined) return undefined;
  const { words } = structure;
  if (getU64(words, wordOf('position')) !== position) return undefined;
  return {
    position,
    number: words[wordOf('number')] as number,
    after: getU64(words, wordOf('after')),
    previous: words[wordOf('previous')] as number,
    jump: words[wordOf('jump')] as number,
  };
}

/** Where a field stands in what is skipped. */
function wordOf(field: Exclude<keyof typeof LANDMARK, 'size'>): number {
  return (LANDMARK[field] - ENTRY.header) / 4;
}
