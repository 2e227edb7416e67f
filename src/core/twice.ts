/** What the two copies of a structure say together (docs/format.md: what stands twice). */
export interface Twice<T> {
  /** The copy that counts; undefined if neither is whole. */
  value: T | undefined;
  /** True if the two are not the same whole structure: one is damaged, or a two-step write was interrupted. */
  uneven: boolean;
  /** True if one of them is not whole. */
  damaged: boolean;
}

/** Of two copies takes the whole one with the greater sequence number. */
export function chooseCopy<T extends { sequence: number }>(
  first: T | undefined,
  second: T | undefined,
): Twice<T> {
  if (first === undefined || second === undefined)
    return { value: first ?? second, uneven: true, damaged: true };
  return {
    value: first.sequence >= second.sequence ? first : second,
    uneven: first.sequence !== second.sequence,
    damaged: false,
  };
}
