import type { Operation } from './operations.js';

/** Sequences that begin alike: many of the images that their crashes leave are the same ones. */
export type Family = readonly (readonly Operation[])[];

/** Operations at the end of a sequence in which the members of a family differ. */
const DIFFERENT = 2;

/** All sequences of `length` operations, by families, in the same order every time. */
export function* families(operations: readonly Operation[], length: number): Generator<Family> {
  const different = Math.min(DIFFERENT, length);
  for (const beginning of sequences(operations, length - different)) {
    yield [...sequences(operations, different)].map((end) => [...beginning, ...end]);
  }
}

function* sequences(operations: readonly Operation[], length: number): Generator<readonly Operation[]> {
  if (length === 0) yield [];
  else {
    for (const first of operations) {
      for (const rest of sequences(operations, length - 1)) yield [first, ...rest];
    }
  }
}
