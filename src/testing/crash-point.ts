import { type Random, seededRandom } from './random.js';

/** Whole units of the medium's granularity, from `start` on, as they once were. */
export interface Version {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A flush that no drain has made durable yet, and the version of the units it touches. */
export interface Flushed extends Version {
  /** The words that the next drain makes durable: [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Which images are made. */
export interface CrashImageOptions {
  /** All combinations are made if there are at most so many. Default 1024. */
  readonly exhaustive?: number;
  /** Otherwise: so many at random, beside the systematic ones. Default 64. */
  readonly samples?: number;
  /** At most about so many in all: of more, some are left out at random. Default: no limit. */
  readonly most?: number;
  /** Where the random ones start. Default 1. */
  readonly seed?: number;
}

/** Something that a unit may hold after a crash, instead of what is durable. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A word, sector or page in doubt: what it may hold, besides what is durable; the newest last. */
export type Unit = readonly Patch[];

/** What each unit holds: 0 stands for what is durable, k for the unit's k-th patch. */
export type Choice = readonly number[];

/** Bytes that are compared at once; a multiple of every granularity. */
const STRETCH = 4096;

const DEFAULTS = { exhaustive: 1024, samples: 64, most: Number.POSITIVE_INFINITY, seed: 1 };

/**
 * A moment at which a crash may happen: what is durable for certain, and what may have become durable besides.
 *
 * With words as units, each may be durable in any version it had since the last drain, whatever became of the others. Sectors
 * and pages are taken in any version that was flushed, in the newest, and torn in two parts of different versions.
 */
export class CrashPoint {
  /** @internal What is durable for certain. */
  readonly durable: Uint8Array;
  /** @internal What the process saw: more bytes, where the medium has grown and that is not durable. */
  readonly volatile: Uint8Array;
  readonly #granularity: number;
  readonly #versions: readonly Version[];

  /** @internal Made by `SimulatedMedium.crashPoint`. */
  constructor(granularity: number, durable: Uint8Array, volatile: Uint8Array, versions: readonly Version[]) {
    this.#granularity = granularity;
    this.durable = durable;
    this.volatile = volatile;
    this.#versions = versions;
  }

  /**
   * Images that the crash could leave: all of them while they are few; else none of what is in doubt, all of it, each unit
   * alone, all but one, all up to one, each two, and a seeded sample. Every image is a new array.
   */
  *images(options: CrashImageOptions = {}): Generator<Uint8Array, void, void> {
    const { units, choices } = this.choices(options);
    for (const choice of choices) {
      const image = this.durable.slice();
      applyChoice(image, units, choice);
      yield image;
    }
  }

  /** @internal What the images are made of. A choice is good until the next one is asked for. */
  choices(options: CrashImageOptions): { units: readonly Unit[]; choices: Generator<Choice, void, void> } {
    const { exhaustive, samples, most, seed } = { ...DEFAULTS, ...options };
    const random = seededRandom(seed);
    const units = this.#units(random);
    const combinations = units.reduce((product, unit) => product * (unit.length + 1), 1);
    if (combinations <= exhaustive)
      return { units, choices: fewOf(allChoices(units), combinations, most, random) };
    const versions = units.reduce((sum, unit) => sum + unit.length, 0);
    const pairs = (units.length * (units.length - 1)) / 2;
    const total = 2 + samples + versions + 2 * units.length + pairs;
    return { units, choices: fewOf(someChoices(units, samples, random), total, most, random) };
  }

  /** How many words, sectors or pages are in doubt. */
  get inDoubt(): number {
    return this.#units(seededRandom(0)).length;
  }

  #units(random: Random): Unit[] {
    const byOffset = new Map<number, Patch[]>();
    for (const { start, bytes } of this.#versions) this.#note(byOffset, start, bytes);
    for (let at = 0; at < this.durable.length; at += STRETCH) this.#noteVolatile(byOffset, at);
    const units = [...byOffset.values()].sort((a, b) => (a[0] as Patch).offset - (b[0] as Patch).offset);
    return this.#granularity === 8 ? units : units.map((unit) => [...this.#torn(unit, random), ...unit]);
  }

  /** Most stretches are as they were: that is told fast. */
  #noteVolatile(byOffset: Map<number, Patch[]>, at: number): void {
    const durable = this.durable.subarray(at, at + STRETCH);
    const seen = this.volatile.subarray(at, at + durable.length);
    if (Buffer.compare(seen, durable) !== 0) this.#note(byOffset, at, seen);
  }

  /** Notes where `version`, the bytes from `start` on as they once were, differs from what is durable. */
  #note(byOffset: Map<number, Patch[]>, start: number, version: Uint8Array): void {
    const unit = this.#granularity;
    for (let at = 0; at < version.length; at += unit) {
      const offset = start + at;
      if (same(version, at, this.durable, offset, unit)) continue;
      const bytes = version.subarray(at, at + unit);
      const patches = (byOffset.get(offset) ?? []).filter((patch) => !same(patch.bytes, 0, bytes, 0, unit));
      byOffset.set(offset, [...patches, { offset, bytes }]);
    }
  }

  /** Each version cut once: in front of the cut as it is, behind it as durable, and the other way round. */
  #torn(unit: Unit, random: Random): Patch[] {
    const torn: Patch[] = [];
    for (const { offset, bytes } of unit) {
      const cut = offset + 8 * (1 + random(bytes.length / 8 - 1));
      const end = offset + bytes.length;
      torn.push({ offset, bytes: bytes.subarray(0, cut - offset) });
      torn.push({ offset: cut, bytes: bytes.subarray(cut - offset, end - offset) });
    }
    return torn;
  }
}

/** Puts into `image`, which holds what is durable, what a choice says of the units. */
export function applyChoice(image: Uint8Array, units: readonly Unit[], choice: Choice): void {
  for (let i = 0; i < units.length; i++) {
    const patch = units[i]?.[(choice[i] as number) - 1];
    if (patch !== undefined) image.set(patch.bytes, patch.offset);
  }
}

/** Of `total` choices about `most`, drawn at random. */
function* fewOf(
  choices: Iterable<Choice>,
  total: number,
  most: number,
  random: Random,
): Generator<Choice, void, void> {
  for (const choice of choices) if (total <= most || random(total) < most) yield choice;
}

function* allChoices(units: readonly Unit[]): Generator<Choice> {
  const choice = units.map(() => 0);
  for (;;) {
    yield choice;
    let i = 0;
    while (i < units.length && choice[i] === (units[i] as Unit).length) choice[i++] = 0;
    if (i === units.length) return;
    choice[i] = (choice[i] as number) + 1;
  }
}

function* someChoices(units: readonly Unit[], samples: number, random: Random): Generator<Choice> {
  const none = units.map(() => 0);
  const newest = units.map((unit) => unit.length);
  yield none;
  yield newest;
  for (let i = 0; i < units.length; i++) {
    for (let k = 1; k <= (units[i] as Unit).length; k++) yield none.with(i, k);
    yield newest.with(i, 0);
    yield [...newest.slice(0, i), ...none.slice(i)];
    for (let j = 0; j < i; j++) yield none.with(i, newest[i] as number).with(j, newest[j] as number);
  }
  for (let i = 0; i < samples; i++) {
    yield units.map((unit) => (random(2) === 0 ? 0 : 1 + random(unit.length)));
  }
}

function same(one: Uint8Array, at: number, other: Uint8Array, otherAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (one[at + i] !== other[otherAt + i]) return false;
  return true;
}
