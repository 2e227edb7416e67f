import { type Mark, noMark, type TableRecord } from '../format/record.js';
import type { StreamState } from '../format/state.js';

/** True if the mark goes with a newer state than the stream's, and the one that goes with that state is lost. */
export function lacksOlderMark(
  { lone, record }: { readonly lone: boolean; readonly record: TableRecord },
  { clean, checkpoint }: StreamState,
): boolean {
  return !clean && lone && record.mark.timestamp > checkpoint;
}

/** An older record of the same life, with the mark that goes with any older state: recovery begins at the region's first entry. */
export function beforeAnyMark(record: TableRecord): TableRecord {
  const { sequence, birth } = record;
  return { ...record, sequence: sequence - 1, mark: noMark(birth) };
}

/** True if two copies differ in nothing but what a checkpoint changes. */
export function isSameLife(first: TableRecord | undefined, second: TableRecord | undefined): boolean {
  return (
    first !== undefined &&
    first.id === second?.id &&
    first.clears === second.clears &&
    first.kind === second.kind
  );
}

/** The lower one of two marks of the same life of a region. */
export function olderMark(first: TableRecord | undefined, second: TableRecord | undefined): Mark | undefined {
  if (first === undefined || second === undefined || !isSameLife(first, second)) return undefined;
  if (first.mark.tail === second.mark.tail) return undefined;
  return first.mark.tail < second.mark.tail ? first.mark : second.mark;
}
