/** A source of numbers that follow from its seed, evenly spread. */
export type Random = (below: number) => number;

/**
 * Makes a source of whole numbers from 0 to `below` - 1.
 *
 * @param seed any whole number; the same one gives the same numbers
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * below);
  };
}
