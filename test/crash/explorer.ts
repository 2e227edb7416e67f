import assert from 'node:assert/strict';
import type { Stream } from '../../src/index.js';
import { type CrashImageOptions, SimulatedMedium } from '../../src/testing/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { type Depth, type Expectation, judge, judgeKill, SHALLOW } from './judge.js';
import type { Known } from './known.js';
import type { Operation } from './operations.js';
import { type Base, type Moment, World } from './world.js';

/** How much of what could be tried is tried. */
export interface Effort {
  readonly granularity: 8 | 512 | 4096;
  /** The images of a crash point. */
  readonly images: CrashImageOptions;
  /** Of so many images one is looked into deeply. */
  readonly deepOneIn: number;
  /** In one of so many crash points the process is killed as well, and the power cut after that. */
  readonly killOneIn: number;
  /** The images of a crash point of a recovery, for those. */
  readonly recoveryImages: CrashImageOptions;
}

/** What was done, for the figures. */
export interface Tally {
  sequences: number;
  points: number;
  images: number;
}

/** Tries crashes in sequences of operations, and counts what it did. */
export class Explorer {
  readonly tally: Tally = { sequences: 0, points: 0, images: 0 };
  readonly #random: Random;
  readonly #effort: Effort;
  readonly #replay: string;
  #toCheck: { stream: Stream; where: string }[] = [];

  /**
   * @param seed of everything that is left to chance
   * @param replay how to do the same again, for the message of a finding
   */
  constructor(seed: number, effort: Effort, replay: string) {
    this.#random = seededRandom(seed);
    this.#effort = effort;
    this.#replay = replay;
  }

  /**
   * Runs the operations one after the other, and tries crashes from the one with the number `from` on.
   *
   * @param crashOneIn if given: after one of so many operations the sequence goes on with what a crash in its midst has left
   */
  async sequence(
    base: Base,
    operations: readonly Operation[],
    from: number,
    crashOneIn?: number,
  ): Promise<void> {
    const world = new World(base, { granularity: this.#effort.granularity });
    const done: string[] = [];
    this.tally.sequences++;
    try {
      for (const operation of operations) {
        const before = world.known;
        const tried = done.push(operation.name) > from;
        const where = `base '${base.name}', ${done.join('; ')}`;
        const moments = this.#step(world, operation, where);
        if (tried) this.#judgeMoments(moments, before, world.known, where);
        if (crashOneIn !== undefined && this.#random(crashOneIn) === 0)
          done.push(this.#crash(world, moments, before, where));
      }
    } finally {
      world.abandon();
    }
    for (const { stream, where } of this.#toCheck.splice(0)) await this.#check(stream, where);
  }

  /** Draws operations; now and then the sequence goes on with what a crash in the midst of the last one has left. */
  async randomSequence(base: Base, operations: readonly Operation[], length: number): Promise<void> {
    const drawn = Array.from({ length }, () => operations[this.#random(operations.length)] as Operation);
    await this.sequence(base, drawn, 0, 3);
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

  #judgeMoments(moments: readonly Moment[], before: Known, after: Known, where: string): void {
    for (const moment of moments) {
      const done = moment === moments.at(-1);
      this.#judgeAll(moment, expectation(moment, done ? after : before, after), `${where}, ${moment.label}`);
    }
  }

  /** Goes on with what a power cut or a kill at one of the moments has left. */
  #crash(world: World, moments: readonly Moment[], before: Known, where: string): string {
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
      this.#within(`${where}; ${name}`, () => judge(image, expected, SHALLOW));
      medium = SimulatedMedium.fromImage(image, { granularity });
    }
    this.#within(`${where}; ${name}`, () => world.continueOn(medium, moment.given));
    return name;
  }

  #judgeAll(moment: Moment, expected: Expectation, where: string): void {
    this.tally.points++;
    let number = 0;
    for (const image of moment.point.images(this.#images())) {
      number++;
      this.tally.images++;
      this.#within(`${where}, image ${number}`, () => {
        const stream = judge(image, expected, this.#depth());
        if (stream !== undefined) this.#toCheck.push({ stream, where });
      });
    }
    if (this.#random(this.#effort.killOneIn) > 0) return;
    const images = { ...this.#effort.recoveryImages, seed: this.#random(2 ** 31) };
    this.#within(`${where}, killed`, () => judgeKill(moment.point, expected, images));
  }

  #images(): CrashImageOptions {
    return { ...this.#effort.images, seed: this.#random(2 ** 31) };
  }

  #depth(): Depth {
    const deep = this.#random(this.#effort.deepOneIn) === 0;
    return {
      recoveryCrashes: deep ? { ...this.#effort.recoveryImages, seed: this.#random(2 ** 31) } : undefined,
      readOnly: deep,
      goOn: deep || this.#random(4) === 0,
      check: deep && this.#random(4) === 0,
    };
  }

  async #check(stream: Stream, where: string): Promise<void> {
    const { problems } = await stream.check();
    stream.closeSync();
    this.#within(`${where}, checked`, () => assert.deepEqual(problems, []));
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

function expectation({ given }: Moment, before: Known, after: Known): Expectation {
  return { before, after, given };
}
