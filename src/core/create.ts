import { rangeError } from '../base/errors.js';
import { roundUp } from '../base/sizes.js';
import { decodeHeader, hasMagic } from '../format/header.js';
import { BLOCK_SIZE_DEFAULT, FIRST_TABLE, PAGE, PREFIX, RECORD, RecordKind } from '../format/layout.js';
import { getU64 } from '../format/words.js';
import type { Extent, Medium } from '../media/medium.js';
import { Prefix } from './prefix.js';
import type { Steps } from './steps.js';
import { load } from './storage.js';
import { Table } from './table.js';

/** A medium that a creation begins on is zero up to here at least. */
const BLANK_BYTES = 64 * 1024;

/**
 * Writes header, state and table of a new stream. First the magic alone, so that what a crash leaves is known as ours; then what
 * the header will speak of; then the header, with which it is a stream.
 *
 * @throws RangeError if the medium is too small for it
 */
export function* createStream(
  medium: Medium,
  request: { size: number | undefined; blockSize: number | undefined },
): Steps<{ prefix: Prefix; table: Table }> {
  const size = request.size ?? medium.size;
  if (size > medium.size)
    throw rangeError(`Cannot create a stream of ${size} bytes on a medium of ${medium.size}`);
  const blockSize = request.blockSize ?? BLOCK_SIZE_DEFAULT;
  if (size < roundUp(PREFIX, blockSize) + blockSize) {
    throw rangeError(
      `Cannot create a stream of ${size} bytes with blocks of ${blockSize}: ` +
        `it must have at least ${roundUp(PREFIX, blockSize) + blockSize}`,
    );
  }
  const extent = medium.open(0, PREFIX, 'random');
  const prefix = Prefix.new(extent, size, blockSize);
  const table = new Table(medium, extent, prefix);
  prefix.storeMagic();
  yield 'drain';
  for (const page of [0, 1] as const) prefix.storeState(page);
  table.create();
  yield 'drain';
  for (const page of [0, 1] as const) prefix.storeHeader(page);
  yield 'drain';
  return { prefix, table };
}

/**
 * True if a creation was begun on the medium and cut short, as can be where a stream is not created under another name first.
 * There is nothing in it to be lost: no slot of its table was ever used, and nothing lies where the first region would.
 */
export function isUnfinished(medium: Medium): boolean {
  if (medium.size < PREFIX) return false;
  const extent = medium.open(0, PREFIX, 'random');
  const begun = isBegun(extent);
  extent.release();
  return begun && isBlankBehind(medium);
}

function isBegun(extent: Extent): boolean {
  const pages = [load(extent, 0, PAGE), load(extent, PAGE, PAGE)] as const;
  return hasMagic(pages[0]) && pages.every((page) => decodeHeader(page) === undefined && isUnused(page));
}

/** True if no slot of the page was ever used, as far as that can be told without the stream's seed. */
function isUnused(page: Uint8Array): boolean {
  const words = new Uint32Array(page.slice(FIRST_TABLE.firstCopies).buffer);
  for (let at = 0; at < words.length; at += RECORD.size / 4) {
    const kind = words[at + RECORD.kind / 4] as number;
    if ((kind !== 0 && kind !== RecordKind.free) || getU64(words, at + RECORD.id / 4) !== 0) return false;
  }
  return true;
}

function isBlankBehind(medium: Medium): boolean {
  const length = Math.min(BLANK_BYTES, medium.size - (medium.size % 8)) - PREFIX;
  if (length <= 0) return true;
  const extent = medium.open(PREFIX, length, 'random');
  const blank = load(extent, 0, length).every((byte) => byte === 0);
  extent.release();
  return blank;
}
