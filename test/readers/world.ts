import assert from 'node:assert/strict';
import { type Region, Stream, VarveError } from '../../src/index.js';
import type { Random } from '../../src/testing/random.js';
import { Ledger } from './ledger.js';
import { originOf, payloadOf } from './payload.js';
import { type SharedBytes, SharedMedium, type Sight } from './shared-medium.js';

/** It grows, while others look. */
const SIZE_FIRST = 14 * 1024;
const SIZE = 128 * 1024;
const BLOCK = 64;
const REGIONS_MAX = 40;

/** Thrown where the writer is killed. */
class Killed extends Error {}

/** A writer that does this and that, and is killed at times; whoever looks is asked to at every drain. */
export class World {
  readonly ledger: Ledger;
  readonly shared: SharedBytes;
  readonly done: Record<string, number> = {};
  readonly #random: Random;
  readonly #look: () => void;
  #writer: Stream | undefined;
  #sequence = 0;
  /** What a reader found wrong in the midst of the writer's work. */
  #finding: { error: unknown } | undefined;
  /** Drains until the writer is killed. */
  #fuse = Number.POSITIVE_INFINITY;

  /** @param look called whenever a reader may look, in the midst of the writer's work */
  constructor(random: Random, sight: Sight, look: () => void) {
    this.#random = random;
    this.#look = look;
    this.ledger = new Ledger(sight === 'copied');
    this.shared = { bytes: new Uint8Array(SIZE), sight, published: false };
    this.#writer = this.#open();
  }

  get writer(): Stream {
    assert.ok(this.#writer !== undefined);
    return this.#writer;
  }

  /** Does something. */
  step(): void {
    if (this.#random(25) === 0) this.#fuse = this.#random(6);
    const act = ACTS[this.#random(ACTS.length)] as Act;
    try {
      this.#count(act);
      this[act]();
    } catch (error) {
      // What the writer makes of it is another matter.
      if (this.#finding !== undefined) throw this.#finding.error;
      if (this.#fuse > 0) throw error;
      this.#count('kill');
      this.#replace();
    }
    this.ledger.change = undefined;
    this.ledger.persisted = Math.max(this.ledger.persisted, this.writer.persisted);
  }

  /** Closes the stream, so that nothing is in doubt. */
  end(): void {
    this.#fuse = Number.POSITIVE_INFINITY;
    this.writer.closeSync();
    this.ledger.acknowledge();
    this.ledger.persisted = this.writer.persisted;
  }

  allocate(): void {
    if (this.ledger.living.length >= REGIONS_MAX) return;
    const id = Math.max(0, ...this.ledger.fates.keys()) + 1;
    const taken = new Set(this.ledger.living.map(({ name }) => name));
    const wanted = `n${this.#random(6)}`;
    const name = taken.has(wanted) || this.#random(3) === 0 ? undefined : wanted;
    this.ledger.change = { id, kind: 'allocate' };
    try {
      const region = this.writer.allocateSync(
        BLOCK * (4 + this.#random(40)),
        name === undefined ? {} : { name },
      );
      this.ledger.allocated(region.id, name);
    } catch (error) {
      if (!(error instanceof VarveError && error.code === 'VARVE_FULL')) throw error;
    }
  }

  append(): void {
    for (let count = 1 + this.#random(5); count > 0; count--) this.#append();
  }

  clear(): void {
    const region = this.#anyRegion();
    if (region === undefined || this.ledger.fate(region.id).facts.length === 0) return;
    // After a kill, an empty region is known to be cleared by this.
    this.persist();
    this.ledger.change = { id: region.id, kind: 'clear' };
    region.clearSync();
    this.ledger.cleared(region.id);
  }

  free(): void {
    const region = this.#anyRegion();
    if (region === undefined) return;
    this.ledger.change = { id: region.id, kind: 'free' };
    region.freeSync();
    this.ledger.freed(region.id);
  }

  persist(): void {
    this.writer.persistSync();
    this.ledger.acknowledge();
  }

  reopen(): void {
    this.writer.closeSync();
    this.ledger.acknowledge();
    this.#writer = this.#open();
  }

  #append(): void {
    const region = this.#anyRegion();
    if (region === undefined) return;
    const fate = this.ledger.fate(region.id);
    const origin = { region: region.id, life: fate.life, sequence: ++this.#sequence };
    const payload = payloadOf(origin, this.#random(120));
    if (payload.length > region.available) return;
    const until = this.#random(2) === 0 ? 'persisted' : 'committed';
    this.ledger.change = { id: region.id, kind: 'append', sequence: origin.sequence };
    const { timestamp } = region.appendSync(payload, { until });
    this.ledger.committed(origin, timestamp);
    if (until === 'persisted') this.ledger.acknowledge();
    this.ledger.change = undefined;
    this.ledger.persisted = Math.max(this.ledger.persisted, this.writer.persisted);
  }

  #anyRegion(): Region | undefined {
    const { living } = this.ledger;
    const fate = living[this.#random(Math.max(1, living.length))];
    return fate === undefined ? undefined : this.writer.region(fate.id);
  }

  #lookAndNote(): void {
    // The writer is not there yet while its stream is being opened.
    this.ledger.persisted = Math.max(this.ledger.persisted, this.#writer?.persisted ?? 0);
    try {
      this.#look();
    } catch (error) {
      this.#finding ??= { error };
      throw error;
    }
  }

  #open(): Stream {
    const medium = new SharedMedium(this.shared, false);
    medium.onDrain = () => {
      this.#lookAndNote();
      if (this.#fuse-- > 0) return;
      // What is left of it in this process has no part in the rest.
      medium.onDrain = undefined;
      throw new Killed();
    };
    const growing = { maxSize: SIZE };
    return Stream.openSync(
      medium,
      this.shared.published ? growing : { ...growing, blockSize: BLOCK, size: SIZE_FIRST },
    );
  }

  /** Another writer takes over, and finds what the last one has left. */
  #replace(): void {
    this.#fuse = Number.POSITIVE_INFINITY;
    const { ledger } = this;
    const { change } = ledger;
    // A recovery makes durable whatever it finds.
    this.ledger.persisted = Number.POSITIVE_INFINITY;
    this.#writer = this.#open();
    this.ledger.persisted = this.#writer.persisted;
    const found = new Map(Array.from(this.writer.regions(), (region) => [region.id, region] as const));
    for (const fate of this.ledger.living) {
      if (found.has(fate.id)) continue;
      assert.deepEqual([change?.kind, change?.id], ['free', fate.id], `region ${fate.id} was lost`);
      ledger.freed(fate.id);
    }
    for (const region of found.values()) this.#recognize(region);
    this.ledger.acknowledge();
  }

  /** Takes over what is there of a region: what was acknowledged, and perhaps more. */
  #recognize(region: Region): void {
    const { ledger } = this;
    if (!ledger.fates.has(region.id)) ledger.allocated(region.id, region.name);
    const fate = ledger.fate(region.id);
    const { change } = ledger;
    const found = Array.from(region, (entry) => ({
      entry,
      origin: originOf(entry.copy(), 'the next writer'),
    }));
    const kept = new Set(found.map(({ origin }) => origin.sequence));
    const lost = fate.facts.filter((fact) => !kept.has(fact.sequence));
    if (change?.kind === 'clear' && change.id === region.id && found.length === 0) {
      ledger.cleared(region.id);
      return;
    }
    for (const fact of lost)
      assert.ok(!fact.acknowledged, `entry ${fact.sequence} was acknowledged, and is lost`);
    fate.facts = fate.facts.filter((fact) => kept.has(fact.sequence));
    for (const { entry, origin } of found) {
      if (!ledger.facts.has(origin.sequence)) ledger.committed(origin, entry.timestamp);
    }
  }

  #count(what: string): void {
    this.done[what] = (this.done[what] ?? 0) + 1;
  }
}

const ACTS = [
  'append',
  'append',
  'append',
  'append',
  'append',
  'append',
  'allocate',
  'allocate',
  'clear',
  'free',
  'persist',
  'reopen',
] as const;
type Act = (typeof ACTS)[number];
