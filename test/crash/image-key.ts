import type { Choice, Unit } from '../../src/testing/crash-point.js';

/**
 * Numbers images so that the same bytes get the same number: the sum over all words of a number for the word in its place. What
 * a few patches change about it is known without reading the image.
 */
export class ImageKeys {
  readonly #low: number;
  readonly #high: number;
  readonly #units: readonly (readonly Key[])[];

  /**
   * @param durable the image that the choices start from
   * @param units what may be patched in it
   */
  constructor(durable: Uint8Array, units: readonly Unit[]) {
    const base = wholeKey(durable);
    this.#low = base.low;
    this.#high = base.high;
    this.#units = units.map((unit) =>
      unit.map(({ offset, bytes }) => {
        const before = keyOf(durable, offset, bytes.length, offset);
        const after = keyOf(bytes, 0, bytes.length, offset);
        return { low: after.low - before.low, high: after.high - before.high };
      }),
    );
  }

  /** The number of the image that a choice makes: 53 bits. */
  keyOf(choice: Choice): number {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < choice.length; i++) {
      const key = this.#units[i]?.[(choice[i] as number) - 1];
      if (key === undefined) continue;
      low += key.low;
      high += key.high;
    }
    return joined(low, high);
  }
}

/** The number of one image: 53 bits. */
export function imageKey(image: Uint8Array): number {
  const { low, high } = wholeKey(image);
  return joined(low, high);
}

function joined(low: number, high: number): number {
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}

interface Key {
  low: number;
  high: number;
}

/** Images of different lengths are different ones, also where there is nothing but zeroes at the end. */
function wholeKey(image: Uint8Array): Key {
  const { low, high } = keyOf(image, 0, image.length, 0);
  return { low: (low + mix(image.length)) | 0, high };
}

/** Two sums over the 8-byte words of [at, at + length), which lie at `offset` of the image. Zeroes add nothing. */
function keyOf(bytes: Uint8Array, at: number, length: number, offset: number): Key {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, length / 4);
  let low = 0;
  let high = 0;
  for (let i = 0; i < words.length; i += 2) {
    const first = words[i] as number;
    const second = words[i + 1] as number;
    if ((first | second) === 0) continue;
    const mixed = mix(first ^ Math.imul(offset + 4 * i + 1, 0x9e3779b1)) ^ Math.imul(second, 0x85ebca6b);
    low = (low + mix(mixed)) | 0;
    high = (high + mix(mixed ^ second ^ 0x5bd1e995)) | 0;
  }
  return { low, high };
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
