import assert from 'node:assert/strict';
import type { Origin } from './payload.js';

/** An entry that the writer knows to be committed. */
export interface Fact extends Origin {
  readonly timestamp: number;
  acknowledged: boolean;
}

/** A region as the writer has it, or will have it in a moment. */
export interface Fate {
  readonly id: number;
  readonly name: string | undefined;
  life: number;
  alive: boolean;
  facts: Fact[];
  /** When it was last cleared, or freed. */
  changed: number;
}

/** What is being done while readers look: each of them may see it done or not. */
export interface Change {
  readonly id: number;
  readonly kind: 'allocate' | 'clear' | 'free' | 'append';
  /** Of an append: its number. */
  readonly sequence?: number;
}

/** What a writer did, so that everything that readers see can be judged. */
export class Ledger {
  readonly fates = new Map<number, Fate>();
  /** By sequence number; those of lives that are over, too. */
  readonly facts = new Map<number, Fact>();
  change: Change | undefined;
  /** Jobs of the event loop so far. */
  job = 0;
  /** Nothing above this is persisted. */
  persisted = 0;
  readonly #lagging: boolean;

  /** @param lagging true if readers have copies, and so may go on with what they have until the next job */
  constructor(lagging: boolean) {
    this.#lagging = lagging;
  }

  get living(): Fate[] {
    return [...this.fates.values()].filter(({ alive }) => alive);
  }

  allocated(id: number, name: string | undefined): void {
    this.fates.set(id, { id, name, life: 0, alive: true, facts: [], changed: -1 });
  }

  cleared(id: number): void {
    const fate = this.fate(id);
    fate.life++;
    fate.changed = this.job;
    fate.facts = [];
  }

  freed(id: number): void {
    const fate = this.fate(id);
    fate.alive = false;
    fate.changed = this.job;
  }

  committed(origin: Origin, timestamp: number): void {
    const fact = { ...origin, timestamp, acknowledged: false };
    this.fate(origin.region).facts.push(fact);
    this.facts.set(origin.sequence, fact);
  }

  /** Everything committed so far is persisted. */
  acknowledge(): void {
    for (const { facts } of this.fates.values()) for (const fact of facts) fact.acknowledged = true;
  }

  fate(id: number): Fate {
    const fate = this.fates.get(id);
    assert.ok(fate !== undefined, `region ${id} was never allocated`);
    return fate;
  }

  /** True if the life is over, and whoever held something of it must know. */
  isOver(id: number, life: number): boolean {
    const fate = this.fates.get(id);
    if (fate === undefined || (this.#lagging && fate.changed === this.job)) return false;
    return !fate.alive || fate.life > life;
  }

  /** True if it is over, or is just being ended. */
  mayBeOver(id: number, life: number): boolean {
    const { change } = this;
    const fate = this.fates.get(id);
    const over = fate !== undefined && (!fate.alive || fate.life > life);
    return over || (change?.id === id && change.kind !== 'append');
  }

  /** An entry that a reader was given just now: it must be one of the writer's, of a life that goes on. */
  judge(origin: Origin, timestamp: number, where: string): void {
    const { region, life, sequence } = origin;
    const what = `${where}: entry ${sequence} of region ${region}, life ${life}, timestamp ${timestamp}`;
    const fact = this.facts.get(sequence);
    if (fact === undefined) assert.equal(this.change?.sequence, sequence, `${what} was never appended`);
    else assert.deepEqual([fact.region, fact.life, fact.timestamp], [region, life, timestamp], what);
    assert.ok(!this.isOver(region, life), `${what}: that life is over`);
  }
}
