import { roundUp } from '../base/sizes.js';
import type { StreamHeader } from '../format/header.js';
import { BLOCK_SIZE_MAX, BLOCK_SIZE_MIN, LANDMARK, PREFIX, TIMESTAMP_SUPPLY } from '../format/layout.js';
import type { Mark, TableRecord } from '../format/record.js';
import type { StreamState } from '../format/state.js';

/** True for what a block size may be. */
export function isBlockSize(value: number): boolean {
  return value >= BLOCK_SIZE_MIN && value <= BLOCK_SIZE_MAX && Number.isInteger(Math.log2(value));
}

/** True if a number can be counted up for as long as anybody will. */
export function isCountable(value: number): boolean {
  return Number.isSafeInteger(value + 2 ** 32);
}

/** True if a header with a right checksum does not contradict itself either. */
export function isSoundHeader({ blockSize, dataStart, size }: StreamHeader): boolean {
  return (
    isBlockSize(blockSize) &&
    dataStart === roundUp(PREFIX, blockSize) &&
    size >= dataStart &&
    Number.isSafeInteger(size)
  );
}

/** The same for a state of the stream with that header. */
export function isSoundState(
  { limit, checkpoint, newest, sequence, size }: StreamState,
  header: StreamHeader,
): boolean {
  const supply = limit - checkpoint;
  return (
    (size === 0 || (size > header.size && Number.isSafeInteger(size))) &&
    isCountable(limit) &&
    isCountable(sequence) &&
    newest <= checkpoint &&
    supply >= 1 &&
    supply <= TIMESTAMP_SUPPLY + 1
  );
}

/**
 * The same for a region's record, with the mark of its other copy if that is an older one.
 *
 * @param limit of the stream's timestamps; infinite for a reader, who may have read the record later than the state
 */
export function isSoundRegion(record: TableRecord, olderMark: Mark | undefined, limit: number): boolean {
  const { id, birth, clears, mark } = record;
  return (
    id > 0 &&
    birth > 0 &&
    birth <= limit &&
    Number.isSafeInteger(birth) &&
    isCountable(clears) &&
    isSoundMark(mark, record, limit) &&
    (olderMark === undefined || isSoundMark(olderMark, record, limit))
  );
}

function isSoundMark(
  { tail, timestamp, entries, landmark }: Mark,
  { birth, length }: TableRecord,
  limit: number,
): boolean {
  return (
    tail <= length &&
    tail % 8 === 0 &&
    timestamp >= birth - 1 &&
    timestamp < limit &&
    Number.isSafeInteger(timestamp) &&
    Number.isSafeInteger(entries) &&
    landmark % 8 === 0 &&
    (landmark === 0 || landmark + LANDMARK.size <= tail)
  );
}
