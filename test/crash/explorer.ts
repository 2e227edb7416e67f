import assert from 'node:assert/strict';
import { Stream } from '../../src/index.js';
import { type CrashImageOptions, SimulatedMedium } from '../../src/testing/index.js';
import { type Random, seededRandom } from '../../src/testing/random.js';
import { type Depth, judge } from './judge.js';
import { readAll } from './known.js';
import type { Operation } from './operations.js';
import { type Base, type Moment, World } from './world.js';

/** How much of what could be tried is tried. */
export interface Effort {
  readonly granularity: 8 | 512 | 4096;
  /** The images of a crash point. */
  readonly images: CrashImageOptions;
  /** Of so many images one is looked into deeply. */
  readonly deepOneIn: number;
}

/** What was done, for the figures. */
export interface Tally {
  sequences: number;
  points: number;
  images: number;
}

/** A base for sequences: what `prepare` leaves in a new stream, closed or not. */
export function baseOf(name: string, size: number, closed: boolean, prepare: (stream: Stream) => void): Base {
  const medium = new SimulatedMedium(size);
  const stream = Stream.openSync(medium, { blockSize: 64 });
  prepare(stream);
  if (closed) stream.closeSync();
  const known = readAll(closed ? Stream.openSync(medium) : stream);
  const given = stream.committed;
  const [image] = medium.crashImages({ exhaustive: 0 });
  medium.close();
  return { name, image: image as Uint8Array, known, given };
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

  /** Runs the operations one after the other, and tries crashes from the one with the number `from` on. */
  async sequence(base: Base, operations: readonly Operation[], from: number): Promise<void> {
    const world = new World(base, { granularity: this.#effort.granularity });
    this.tally.sequences++;
    try {
      operations.forEach((operation, i) => {
        const done = operations.slice(0, i + 1).map(({ name }) => name);
        this.#step(world, operation, i >= from, `base '${base.name}', ${done.join('; ')}`);
      });
    } finally {
      world.abandon();
    }
    for (const { stream, where } of this.#toCheck.splice(0)) await this.#check(stream, where);
  }

  /** Draws operations; after some of them the sequence goes on with what a crash has left. */
  async randomSequence(base: Base, operations: readonly Operation[], length: number): Promise<void> {
    const random = this.#random;
    const drawn = Array.from({ length }, () => operations[random(operations.length)] as Operation);
    const crash: Operation = {
      name: 'crash and recover',
      run: (world) => {
        const images = [...world.medium.crashImages(this.#images())];
        const image = images[random(images.length)] as Uint8Array;
        judge(
          image,
          { before: world.known, after: world.known, given: world.given },
          this.#depth(),
        )?.closeSync();
        world.continueFrom(image);
      },
    };
    for (let i = 0; i < length; i++) if (random(5) === 0) drawn[i] = crash;
    await this.sequence(base, drawn, 0);
  }

  #step(world: World, operation: Operation, tried: boolean, where: string): void {
    const before = world.known;
    const moments: Moment[] = [];
    const crashes = operation.name === 'crash and recover';
    world.moments = tried && !crashes ? moments : undefined;
    this.#within(where, () => {
      world.perform((it) => operation.run(it));
      world.noteMoment('when it was done');
      world.moments = undefined;
      world.audit();
    });
    const after = world.known;
    for (const moment of moments) {
      const done = moment === moments.at(-1);
      this.#judgeAll(moment, { before: done ? after : before, after }, `${where}, ${moment.label}`);
    }
  }

  #judgeAll(moment: Moment, known: { before: Base['known']; after: Base['known'] }, where: string): void {
    this.tally.points++;
    let number = 0;
    for (const image of moment.point.images(this.#images())) {
      number++;
      this.tally.images++;
      this.#within(`${where}, image ${number}`, () => {
        const stream = judge(image, { ...known, given: moment.given }, this.#depth());
        if (stream !== undefined) this.#toCheck.push({ stream, where });
      });
    }
  }

  #images(): CrashImageOptions {
    return { ...this.#effort.images, seed: this.#random(2 ** 31) };
  }

  #depth(): Depth {
    const deep = this.#random(this.#effort.deepOneIn) === 0;
    return {
      recoveryCrashes: deep ? { exhaustive: 16, samples: 4, seed: this.#random(2 ** 31) } : undefined,
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
