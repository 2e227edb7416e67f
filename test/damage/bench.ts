import assert from 'node:assert/strict';
import type { Reference } from './anatomy.js';
import type { Damage } from './damages.js';
import { type Expectation, expect } from './expectation.js';
import { judgeRefusal, judgeRepair, judgeReport, judgeSeen } from './judge.js';
import { judgeRescue } from './judge-rescue.js';
import { look, open, rescue, type Seen } from './observation.js';

/** How often what was looked at. */
export interface Tally {
  damages: number;
  /** Times that somebody was told of a damage, of all the ways to open and read. */
  told: number;
}

/** Where a reference stream is damaged, looked at, and mended again, over and over. */
export class Bench {
  readonly reference: Reference;
  readonly tally: Tally = { damages: 0, told: 0 };
  readonly #memory: Buffer;
  readonly #before: Buffer;

  constructor(reference: Reference) {
    this.reference = reference;
    const room = reference.image.length + 2 ** 16;
    this.#memory = Buffer.alloc(room, 0xa5);
    this.#before = Buffer.alloc(room);
    reference.image.copy(this.#memory);
  }

  /** Damages the stream, and holds what a reader and a writer make of it against what must come of it. */
  try(damage: Damage): void {
    this.#with(damage, (expected) => {
      const reader = this.#judge(expected, true);
      assert.ok(this.#isAsBefore(expected), 'a reader changed something');
      const writer = this.#judge(expected, false);
      const untouched = this.#isAsBefore(expected);
      if (writer === undefined) {
        assert.ok(untouched, 'a writer refused it and changed something');
        return;
      }
      judgeRepair(expected);
      const again = untouched ? reader : this.#judge(expected, true);
      assert.equal(fingerprint(again), fingerprint(writer), 'what a writer saw is what it left');
    });
  }

  /** As `try`, for `check`, which is dearer. */
  async check(damage: Damage): Promise<void> {
    const { expected, mend } = this.#damage(damage);
    try {
      const opening = open(expected.bytes, true);
      if (!('stream' in opening)) return;
      judgeReport(expected, await opening.stream.check());
      opening.stream.closeSync();
    } catch (error) {
      throw this.#finding(damage, error);
    } finally {
      mend();
    }
  }

  /** As `try`, for a salvage. */
  async salvage(damage: Damage): Promise<void> {
    const { expected, mend } = this.#damage(damage);
    try {
      judgeRescue(expected, await rescue(expected.bytes));
      assert.ok(this.#isAsBefore(expected), 'a salvage changed something');
    } catch (error) {
      throw this.#finding(damage, error);
    } finally {
      mend();
    }
  }

  #isAsBefore({ bytes }: Expectation): boolean {
    return bytes.equals(this.#before.subarray(0, bytes.length));
  }

  /** Undefined if it was refused. */
  #judge(expected: Expectation, readOnly: boolean): Seen | undefined {
    const opening = open(expected.bytes, readOnly);
    if (!('stream' in opening)) {
      this.tally.told++;
      judgeRefusal(expected, opening.told, readOnly);
      return undefined;
    }
    try {
      const seen = look(opening.stream);
      if (seen.merged.told !== undefined) this.tally.told++;
      judgeSeen(expected, seen);
      return seen;
    } finally {
      opening.stream.closeSync();
    }
  }

  #with(damage: Damage, work: (expected: Expectation) => void): void {
    const { expected, mend } = this.#damage(damage);
    try {
      work(expected);
    } catch (error) {
      throw this.#finding(damage, error);
    } finally {
      mend();
    }
  }

  #damage(damage: Damage): { expected: Expectation; mend: () => void } {
    const { image } = this.reference;
    this.tally.damages++;
    for (const { at, bytes } of damage.parts) this.#memory.set(bytes, at);
    const bytes = this.#memory.subarray(0, damage.length ?? image.length);
    bytes.copy(this.#before);
    return { expected: expect(this.reference, damage, bytes), mend: () => void image.copy(this.#memory) };
  }

  #finding({ what }: Damage, error: unknown): Error {
    const why = error instanceof Error ? error.message : String(error);
    return new Error(`${this.reference.name}: ${what}: ${why}`, { cause: error });
  }
}

function fingerprint(seen: Seen | undefined): string {
  const regions = seen?.regions.map(({ id, name, reading }) => {
    return `${id} ${name} ${reading.entries.map(({ timestamp }) => timestamp)} ${reading.told?.offset}`;
  });
  return `${regions} ${seen?.told?.code}`;
}
