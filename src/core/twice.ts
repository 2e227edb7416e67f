/** The first copy or the second one. */
export type CopyIndex = 0 | 1;

/** What the two copies of a structure say together (docs/format.md: what stands twice). */
export interface Twice<T> {
  /** The copy that counts; undefined if neither is whole. */
  value: T | undefined;
  /** The copy that does not count, 0 or 1: it is damaged, or a two-step write was interrupted. Undefined if both say the same. */
  stale: CopyIndex | undefined;
  /** True if one of them is not whole. */
  damaged: boolean;
}

/** Of two copies takes the whole one with the greater sequence number. */
export function chooseCopy<T extends { sequence: number }>(
  first: T | undefined,
  second: T | undefined,
): Twice<T> {
  if (first === undefined) return { value: second, stale: 0, damaged: true };
  if (second === undefined) return { value: first, stale: 1, damaged: true };
  if (first.sequence === second.sequence) return { value: first, stale: undefined, damaged: false };
  const newer = first.sequence > second.sequence;
  return { value: newer ? first : second, stale: newer ? 1 : 0, damaged: false };
}
