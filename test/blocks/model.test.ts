import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EndlessStream } from '../../src/blocks/index.js';
import { GROUNDS, type Ground } from './allocators.js';
import { History } from './history.js';

type Step =
  | { do: 'append'; sizes: number[] }
  | { do: 'sync' | 'grow' | 'shrink' | 'reopen' | 'verify'; blocking: boolean }
  | { do: 'advance'; part: number };

const blocking = fc.boolean();
const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('append' as const),
        sizes: fc.array(fc.nat(500), { maxLength: 3 }),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('sync' as const), blocking }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constantFrom('grow' as const, 'shrink', 'reopen', 'verify'), blocking }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('advance' as const),
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    },
  ),
  { maxLength: 25 },
);

/** A stream beside what it ought to hold. */
class Beside {
  readonly #ground: Ground;
  readonly #options: { blockCount: number; blockShift: number };
  readonly #history = new History();
  #stream: EndlessStream;
  #first = 0;

  constructor(ground: Ground, options: { blockCount: number; blockShift: number }) {
    this.#ground = ground;
    this.#options = options;
    this.#stream = EndlessStream.loadSync(ground.open(), options);
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'append') this.#append(step.sizes);
    else if (step.do === 'advance') this.#advance(step.part);
    else await this.#call(step.do, step.blocking);
    this.assertSame();
  }

  async end(): Promise<void> {
    await this.#stream.close();
  }

  assertSame(): void {
    assert.equal(this.#stream.end, this.#history.end);
    assert.equal(this.#stream.synced, this.#history.synced);
    assert.equal(this.#stream.offset, this.#first);
    this.#history.assertReads(this.#stream);
  }

  #append(sizes: readonly number[]): void {
    if (this.#stream.statistics().blockStreams > 10) return;
    const at = this.#history.end;
    const parts = sizes.map((size) => this.#history.next(size));
    assert.equal(this.#stream.append(...parts), at);
  }

  #advance(part: number): void {
    const { offset, synced } = this.#stream;
    this.#first = offset + Math.floor((synced - offset) * part);
    this.#stream.advance(this.#first);
  }

  async #call(what: 'sync' | 'grow' | 'shrink' | 'reopen' | 'verify', blocking: boolean): Promise<void> {
    const { blockStreams } = this.#stream.statistics();
    if (what === 'reopen') return this.#reopen(blocking);
    if (what === 'grow' && blockStreams > 10) return;
    if (blocking) this.#stream[`${what}Sync`]();
    else await this.#stream[what]();
    if (what === 'sync') this.#history.synced = this.#history.end;
  }

  async #reopen(blocking: boolean): Promise<void> {
    if (blocking) this.#stream.closeSync();
    else await this.#stream.close();
    this.#history.synced = this.#history.end;
    this.#stream = blocking
      ? EndlessStream.loadSync(this.#ground.open(), this.#options)
      : await EndlessStream.load(this.#ground.open(), this.#options);
  }
}

for (const [name, groundOf] of Object.entries(GROUNDS)) {
  test(`whatever is done to an endless stream, it holds what it ought to, on ${name}`, async () => {
    const runs = name.startsWith('files') ? 15 : 60;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 3, max: 9 }),
        fc.constantFrom(7, 9),
        steps,
        async (blockCount, blockShift, all) => {
          const ground = groundOf(blockCount, blockShift);
          try {
            const beside = new Beside(ground, { blockCount, blockShift });
            for (const step of all) await beside.take(step);
            await beside.end();
          } finally {
            ground.remove();
          }
        },
      ),
      { numRuns: runs },
    );
  });
}
