import { Stream } from '../../src/index.js';
import { SimulatedMedium } from '../../src/testing/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { DEEP, Examiner, SHALLOW } from '../crash/examine.js';
import { type Known, readAll } from '../crash/known.js';
import type { Operation } from '../crash/operations.js';
import { assertExpected, type Expectation } from '../crash/oracle.js';
import { type Base, type Moment, World } from '../crash/world.js';
import { ALL, SIZED } from './operations.js';
import { RecordedMedium, type Recording } from './recorded-medium.js';

/** Bytes of every stream. */
export const SIZE = 48 * 1024;

/** How many images are looked into. */
export interface Effort {
  /** Of each crash point, at most. */
  readonly images: number;
  /** One in so many deeply. */
  readonly deepOneIn: number;
}

/** How much was tried. */
export interface CutTally {
  sequences: number;
  points: number;
  images: number;
}

/** Where sequences start: a large region with an entry of odd size, and a small one behind it; closed or not. */
export function makeBase(closed: boolean): Base {
  const medium = new SimulatedMedium(SIZE);
  const stream = Stream.openSync(medium, { blockSize: 64 });
  stream.allocateSync(32 * 1024, { name: 'first' }).appendSync('there before');
  stream.allocateSync(256);
  if (closed) stream.closeSync();
  const known = readAll(closed ? Stream.openSync(medium) : stream);
  const given = stream.committed;
  const [image] = medium.crashImages({ exhaustive: 0 });
  medium.close();
  return { name: closed ? 'closed' : 'crashed', image: image as Uint8Array, known, given };
}

/** What is tried in random sequences. */
const RANDOM: Effort = { images: 24, deepOneIn: 20 };

/**
 * Three random sequences: on a new stream, then on what a power cut in the midst has left.
 *
 * @returns what was done
 */
export async function cutRandomly(recording: Recording, seed: number): Promise<CutTally> {
  const replay = `VARVE_CRASH_SEED=${seed} VARVE_CRASH_SEQUENCES=1 npm run test:only crash-native`;
  const random = seededRandom(seed);
  const cuts = new PowerCuts(recording, RANDOM, seed, replay);
  for (let round = 0; round < 3; round++) {
    const drawn = Array.from({ length: 6 }, () => ALL[random(ALL.length)] as Operation);
    cuts.sequence(cuts.left ?? makeBase(random(2) === 0), drawn);
  }
  await cuts.finish();
  return cuts.tally;
}

/** What is tried after one append: much of each. */
const PAIRED: Effort = { images: 32, deepOneIn: 20 };

/** One of the operations alone, on both bases, and then as the first of all pairs of appends. */
export async function cutPairs(recording: Recording, index: number): Promise<CutTally> {
  const again = `npm run soak -- power-cut, operation ${index}`;
  const cuts = new PowerCuts(recording, PAIRED, index, again);
  const first = ALL[index] as Operation;
  for (const closed of [true, false]) cuts.sequence(makeBase(closed), [first]);
  if (SIZED.includes(first)) for (const second of SIZED) cuts.sequence(makeBase(false), [first, second], 1);
  await cuts.finish();
  return cuts.tally;
}

/** How many operations there are. */
export const OPERATIONS = ALL.length;

/** Runs operations on a mapped file, cuts the power at each fence, and judges what would be left. */
export class PowerCuts {
  readonly tally: CutTally = { sequences: 0, points: 0, images: 0 };
  /** One of the images of the last sequence. */
  left: Base | undefined;
  readonly #recording: Recording;
  readonly #effort: Effort;
  readonly #random: Random;
  readonly #replay: string;
  readonly #examiner = new Examiner(SIZE);

  /**
   * @param seed of everything that is left to chance
   * @param replay how to do the same again, for the message of a finding
   */
  constructor(recording: Recording, effort: Effort, seed: number, replay: string) {
    this.#recording = recording;
    this.#effort = effort;
    this.#random = seededRandom(seed);
    this.#replay = replay;
  }

  /** Opens the base and runs the operations one after the other, and cuts the power from the one with the number `from` on. */
  sequence(base: Base, operations: readonly Operation[], from = 0): void {
    this.tally.sequences++;
    const medium = new RecordedMedium(this.#recording, base.image);
    const opening: Moment[] = [];
    medium.onDrain = (label) => opening.push({ label, point: medium.crashPoint(), given: base.given });
    const world = new World(base, medium);
    const done = [`base '${base.name}'`];
    try {
      if (from === 0) this.#judge(opening, base.known, base.known, `${done}, opening`);
      operations.forEach((operation, i) => {
        done.push(operation.name);
        const before = world.known;
        const moments = this.#step(world, operation, done.join('; '));
        if (i >= from) this.#judge(moments, before, world.known, done.join('; '));
      });
    } finally {
      world.abandon();
    }
  }

  /** Lets those streams check themselves that were looked into deeply. */
  async finish(): Promise<void> {
    await this.#examiner.finish();
  }

  #step(world: World, operation: Operation, where: string): Moment[] {
    const moments: Moment[] = [];
    world.moments = moments;
    this.#within(where, () => {
      world.perform((it) => operation.run(it));
      world.noteMoment('when it was done');
      world.moments = undefined;
      world.audit();
    });
    return moments;
  }

  /** What was done counts as done at the last of the moments. */
  #judge(moments: readonly Moment[], before: Known, after: Known, where: string): void {
    for (const moment of moments) {
      const { given, label, point } = moment;
      const expected = { before: moment === moments.at(-1) ? after : before, after, given };
      const { images: most } = this.#effort;
      const options = { exhaustive: most, samples: most / 2, most, seed: this.#random(2 ** 31) };
      let number = 0;
      this.tally.points++;
      for (const image of point.images(options)) {
        number++;
        this.tally.images++;
        const name = `${where}, ${label}, image ${number}`;
        this.#within(name, () => this.#judgeImage(image, expected, name));
      }
    }
  }

  #judgeImage(image: Uint8Array, expected: Expectation, name: string): void {
    const depth = this.#random(this.#effort.deepOneIn) === 0 ? DEEP : SHALLOW;
    const outcome = this.#examiner.examine((bytes) => bytes.set(image), depth);
    assertExpected(outcome, expected);
    if (this.#random(50) === 0) this.left = { name, image, known: outcome.found, given: expected.given };
  }

  #within(where: string, run: () => void): void {
    try {
      run();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${message}\n  in ${where}\n  again: ${this.#replay}`, { cause });
    }
  }
}
