import { applyChoice } from '../../src/testing/crash-point.js';
import { type CrashImageOptions, SimulatedMedium } from '../../src/testing/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { DEEP, type Depth, Examiner, type Outcome, SHALLOW } from './examine.js';
import { ImageKeys } from './image-key.js';
import { judgeKill } from './judge.js';
import type { Known } from './known.js';
import type { Operation } from './operations.js';
import { assertExpected, type Expectation } from './oracle.js';
import type { Tally } from './tally.js';
import { type Base, type Moment, World } from './world.js';

/** How much of what could be tried is tried. */
export interface Effort {
  readonly granularity: 8 | 512 | 4096;
  /** True: whatever a word held between two drains may survive, also what was stored over before it was flushed. Words only. */
  readonly watchStores?: boolean;
  /** The images of a crash point. */
  readonly images: CrashImageOptions;
  /** Of so many images that were not seen before, one is looked into deeply. */
  readonly deepOneIn: number;
  /** In one of so many crash points the process is killed as well, and the power cut after that. */
  readonly killOneIn: number;
}

/** Tries crashes in sequences of operations, and counts what it did. */
export class Explorer {
  readonly #tally = { sequences: 0, points: 0, images: 0, distinct: 0, killImages: 0 };
  readonly #random: Random;
  readonly #effort: Effort;
  readonly #replay: string;
  readonly #examiners: Examiner[] = [];
  /** What came of the images seen so far, by their keys. */
  readonly #outcomes = new Map<number, Outcome>();

  /**
   * @param seed of everything that is left to chance
   * @param replay how to do the same again, for the message of a finding
   */
  constructor(seed: number, effort: Effort, replay: string) {
    this.#random = seededRandom(seed);
    this.#effort = effort;
    this.#replay = replay;
  }

  get tally(): Tally {
    const { killImages, ...tally } = this.#tally;
    const inRecovery = this.#examiners.reduce((sum, { recoveryImages }) => sum + recoveryImages, 0);
    return { ...tally, furtherImages: killImages + inRecovery };
  }

  /**
   * Runs the operations one after the other, and tries crashes from the one with the number `from` on.
   *
   * @param crashOneIn if given: after one of so many operations the sequence goes on with what a crash in its midst has left
   */
  sequence(base: Base, operations: readonly Operation[], from: number, crashOneIn?: number): void {
    const world = new World(base, SimulatedMedium.fromImage(base.image, this.#effort));
    const done: string[] = [];
    this.#tally.sequences++;
    try {
      for (const operation of operations) {
        const before = world.known;
        const tried = done.push(operation.name) > from;
        const where = (): string => `base '${base.name}', ${done.join('; ')}`;
        const moments = this.#step(world, operation, tried || crashOneIn !== undefined, where);
        if (tried) this.#judgeMoments(moments, before, world.known, where);
        if (crashOneIn !== undefined && this.#random(crashOneIn) === 0)
          done.push(this.#crash(world, moments, before, where));
      }
    } finally {
      world.abandon();
    }
  }

  /** Draws operations; now and then the sequence goes on with what a crash in the midst of the last one has left. */
  randomSequence(base: Base, operations: readonly Operation[], length: number): void {
    const drawn = Array.from({ length }, () => operations[this.#random(operations.length)] as Operation);
    this.sequence(base, drawn, 0, 3);
  }

  /** Forgets the images seen so far, and ends what was put off. To be called after each family of sequences. */
  async endFamily(): Promise<void> {
    this.#outcomes.clear();
    for (const examiner of this.#examiners) await examiner.finish();
  }

  #step(world: World, operation: Operation, watched: boolean, where: () => string): Moment[] {
    const moments: Moment[] = [];
    if (watched) world.moments = moments;
    this.#within(where, () => {
      world.perform((it) => operation.run(it));
      world.noteMoment('when it was done');
      world.moments = undefined;
      if (watched) world.audit();
    });
    return moments;
  }

  #judgeMoments(moments: readonly Moment[], before: Known, after: Known, where: () => string): void {
    for (const moment of moments) {
      const done = moment === moments.at(-1);
      const expected = expectation(moment, done ? after : before, after);
      this.#judgeAll(moment, expected, () => `${where()}, ${moment.label}`);
    }
  }

  /** Goes on with what a power cut or a kill at one of the moments has left. */
  #crash(world: World, moments: readonly Moment[], before: Known, where: () => string): string {
    const moment = moments[this.#random(moments.length)] as Moment;
    const { granularity } = this.#effort;
    const expected = expectation(moment, moment === moments.at(-1) ? world.known : before, world.known);
    let name = `killed ${moment.label}`;
    let medium = SimulatedMedium.afterKill(moment.point, { granularity });
    if (this.#random(4) > 0) {
      const images = [...moment.point.images(this.#images())];
      const number = this.#random(images.length);
      const image = images[number] ?? moment.point.durable;
      name = `crash ${moment.label}, image ${number + 1} of ${images.length}`;
      const examined = (): Outcome =>
        this.#examiner(image.length).examine((bytes) => bytes.set(image), SHALLOW);
      this.#within(
        () => `${where()}; ${name}`,
        () => assertExpected(examined(), expected),
      );
      medium = SimulatedMedium.fromImage(image, { granularity });
    }
    this.#within(
      () => `${where()}; ${name}`,
      () => world.continueOn(medium, moment.given),
    );
    return name;
  }

  #judgeAll({ point }: Moment, expected: Expectation, where: () => string): void {
    this.#tally.points++;
    const { units, choices } = point.choices(this.#images());
    const keys = new ImageKeys(point.durable, units);
    const examiner = this.#examiner(point.durable.length);
    let number = 0;
    for (const choice of choices) {
      number++;
      this.#within(
        () => `${where()}, image ${number}`,
        () => {
          const key = keys.keyOf(choice);
          let outcome = this.#outcomes.get(key);
          if (outcome === undefined) {
            outcome = examiner.examine((image) => {
              image.set(point.durable);
              applyChoice(image, units, choice);
            }, this.#depth());
            this.#outcomes.set(key, outcome);
            this.#tally.distinct++;
          }
          assertExpected(outcome, expected);
        },
      );
    }
    this.#tally.images += number;
    if (this.#random(this.#effort.killOneIn) > 0) return;
    const images = { exhaustive: 8, samples: 4, most: 6, seed: this.#random(2 ** 31) };
    this.#within(
      () => `${where()}, killed`,
      () => {
        this.#tally.killImages += judgeKill(point, expected, images);
      },
    );
  }

  #examiner(size: number): Examiner {
    let examiner = this.#examiners.find((other) => other.size === size);
    if (examiner === undefined) {
      examiner = new Examiner(size);
      this.#examiners.push(examiner);
    }
    return examiner;
  }

  #images(): CrashImageOptions {
    return { ...this.#effort.images, seed: this.#random(2 ** 31) };
  }

  #depth(): Depth {
    if (this.#random(this.#effort.deepOneIn) > 0) return SHALLOW;
    return { ...DEEP, check: this.#random(8) === 0 };
  }

  #within(where: () => string, run: () => void): void {
    try {
      run();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${message}\n  in ${where()}\n  again: ${this.#replay}`, { cause });
    }
  }
}

function expectation({ given }: Moment, before: Known, after: Known): Expectation {
  return { before, after, given };
}
