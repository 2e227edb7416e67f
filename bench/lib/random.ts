/** So many numbers below a bound; the same every time. */
export function randomOrder(count: number, below: number): Uint32Array {
  let state = 1;
  return Uint32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  });
}

/** The same bytes for all, which do not compress. */
export function randomBytes(size: number): Uint8Array {
  return Uint8Array.from(randomOrder(size, 256));
}
