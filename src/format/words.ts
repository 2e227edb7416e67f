const HIGH = 2 ** 32;

/** The 64-bit number in words `index` and `index + 1`; above 2^53 - 1 it is rounded, which no valid field is. */
export function getU64(words: Uint32Array, index: number): number {
  return join(words[index] as number, words[index + 1] as number);
}

/** The number of two words. Small ones stay integers: what went through a multiplication, the engine keeps as a float in memory of its own. */
function join(low: number, high: number): number {
  return high === 0 ? low : low + high * HIGH;
}

/** Stores a safe integer into words `index` and `index + 1`. */
export function setU64(words: Uint32Array, index: number, value: number): void {
  words[index] = value >>> 0;
  words[index + 1] = Math.floor(value / HIGH);
}
