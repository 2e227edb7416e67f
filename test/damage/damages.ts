import { seededRandom } from '../../src/testing/random.js';

/** Something that happens to the bytes of a stream. */
export interface Damage {
  readonly what: string;
  /** Bytes that are there instead. */
  readonly parts: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** How long it is afterwards, if not as before. */
  readonly length?: number;
  /** True if whole structures may now stand where they do not belong. */
  readonly moved?: boolean;
}

/** The units in which media lose, mix up and fill things: a line, a sector, a page. Bytes. */
export const UNITS = [64, 512, 4096] as const;

/** The bit with that number the other way round. */
export function flip(image: Buffer, bit: number): Damage {
  const at = bit >>> 3;
  const bytes = Uint8Array.of((image[at] as number) ^ (1 << (bit & 7)));
  return { what: `byte ${at}: bit ${bit & 7} flipped`, parts: [{ at, bytes }] };
}

/** The end of it gone. */
export function cut(length: number): Damage {
  return { what: `cut to ${length} bytes`, parts: [], length };
}

/** Something behind the end. */
export function grown(image: Buffer, more: number): Damage {
  return { what: `grown by ${more} bytes`, parts: [], length: image.length + more };
}

/** Every unit full of zeroes, and full of ones. The last one may be shorter. */
export function* fills(image: Buffer, unit: number): Generator<Damage> {
  for (let at = 0; at < image.length; at += unit) {
    for (const value of [0, 0xff]) {
      const bytes = new Uint8Array(Math.min(unit, image.length - at)).fill(value);
      yield { what: `${unit} bytes at ${at} filled with ${value}`, parts: [{ at, bytes }] };
    }
  }
}

/** Every two units that differ in each other's place; at most `most` of the pairs, chosen by the seed. */
export function* swaps(image: Buffer, unit: number, most: number, seed: number): Generator<Damage> {
  const count = Math.floor(image.length / unit);
  const pairs = (count * (count - 1)) / 2;
  const random = seededRandom(seed);
  if (pairs > most) for (let i = 0; i < most; i++) yield* swap(image, unit, random(count), random(count));
  else for (let a = 0; a < count; a++) for (let b = 0; b < a; b++) yield* swap(image, unit, a, b);
}

/** Two units in each other's place, if they differ. */
export function* swap(image: Buffer, unit: number, a: number, b: number): Generator<Damage> {
  const [one, other] = [a, b].map((index) => image.subarray(index * unit, (index + 1) * unit)) as [
    Buffer,
    Buffer,
  ];
  if (one.equals(other)) return;
  const parts = [
    { at: a * unit, bytes: other },
    { at: b * unit, bytes: one },
  ];
  yield { what: `${unit} bytes at ${a * unit} and at ${b * unit} swapped`, parts, moved: true };
}
