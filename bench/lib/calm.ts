/**
 * Tells the rounds in which the core was ours from those in which it was shared. A processor of a rented machine is half of a core, whose
 * other half may work for somebody else: all that is bound by how much the core gets done at a time, as JavaScript is, then takes up to
 * twice as long, for milliseconds or for minutes, and what waits for one thing after the other, as a fence does, takes as long as ever. So
 * this is nothing that disturbs all sides alike, and no median gets rid of it.
 *
 * Before and behind each round its process runs a probe. The rule looks at nothing else, so that no round counts for its result.
 */
import { probe } from './probe.js';

/** What is known of the probe of one program. */
export class Yardstick {
  #least = Number.POSITIVE_INFINITY;

  /** A probe took so many nanoseconds. */
  note(time: number): void {
    this.#least = Math.min(this.#least, time);
  }

  /** True if a probe took about as long as it must. While the other half works, it takes 1.4 times as long and more. */
  isCalm(time: number): boolean {
    return time <= 1.2 * this.#least;
  }
}

/** What one round took. */
export interface Round {
  /** Nanoseconds. */
  readonly time: number;
  /** Left out: none was made, since it would say nothing of such work. */
  readonly probe?: Probed;
}

interface Probed {
  /** The longer of the two. */
  readonly time: number;
  readonly by: Yardstick;
}

/** A round, by its time and those of its probes. */
export function roundOf(time: number, probes: readonly number[], by: Yardstick): Round {
  for (const each of probes) by.note(each);
  return { time, probe: { time: Math.max(...probes), by } };
}

/** Whether a round was calm; undefined: not known. Asked when all rounds were made, since the least of a probe may come late. */
export function isCalm({ probe: probed }: Round): boolean | undefined {
  return probed?.by.isCalm(probed.time);
}

/** The probe in JavaScript is the same in all processes, some of which are too short-lived to have a least of their own. */
export const SCRIPT = new Yardstick();

/** A round of `work`. */
export function probed(work: () => void): Round {
  const before = probe();
  const begin = process.hrtime.bigint();
  work();
  const time = Number(process.hrtime.bigint() - begin);
  return roundOf(time, [before, probe()], SCRIPT);
}

/** A round that lasts until what `work` returns is resolved. */
export async function probedAsync(work: () => Promise<void>): Promise<Round> {
  const before = probe();
  const begin = process.hrtime.bigint();
  await work();
  const time = Number(process.hrtime.bigint() - begin);
  return roundOf(time, [before, probe()], SCRIPT);
}

/** Work that is too long for one round, and cannot be begun in its middle: its laps are rounds. */
export class Laps {
  readonly rounds: Round[] = [];
  /** The step at which the next lap ends. */
  next: number;
  readonly #length: number;
  #before = probe();
  #begin = process.hrtime.bigint();

  /** @param length steps of a lap */
  constructor(length: number) {
    this.#length = length;
    this.next = length;
  }

  /** A lap has ended. Returns the step at which the next one ends. */
  lap(): number {
    const time = Number(process.hrtime.bigint() - this.#begin);
    const behind = probe();
    this.rounds.push(roundOf(time, [this.#before, behind], SCRIPT));
    this.#before = behind;
    this.next += this.#length;
    this.#begin = process.hrtime.bigint();
    return this.next;
  }
}
