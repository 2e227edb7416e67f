import assert from 'node:assert/strict';
import { copyFileSync, rmSync } from 'node:fs';
import { type Region, type Slot, Stream } from '../../src/index.js';
import { isFailure } from './errors.js';
import type { Place } from './media.js';

/** A place in a region of the model: reserved, then published with bytes or cancelled. */
interface Reserved {
  state: 'open' | 'published' | 'cancelled';
  bytes: Uint8Array;
}

/** An entry of the model. */
export interface ModelEntry {
  readonly timestamp: number;
  readonly bytes: Uint8Array;
  /** What all entries of a transaction have in common. */
  readonly transaction?: object;
}

/** A region as plain arrays. */
export interface ModelRegion {
  readonly id: number;
  readonly name: string | undefined;
  readonly size: number;
  entries: ModelEntry[];
  /** What was reserved and is not committed yet, in the order of reservation. */
  queue: Reserved[];
}

/** A whole stream as plain arrays: what the real one must look like. */
export class Model {
  regions: ModelRegion[] = [];
  committed = 0;

  /** Something was reserved in the region, or appended, which is the same and its publication at once. */
  reserve(region: ModelRegion, state: Reserved['state'], bytes: Uint8Array): Reserved {
    const reserved = { state, bytes };
    region.queue.push(reserved);
    this.settle(region);
    return reserved;
  }

  /** Entries were committed together. */
  transact(parts: readonly { region: ModelRegion; bytes: Uint8Array }[]): void {
    const transaction = {};
    for (const { region, bytes } of parts) {
      this.committed += 1;
      region.entries.push({ timestamp: this.committed, bytes, transaction });
    }
  }

  /** Commits what stands at the front and is not open any more. */
  settle(region: ModelRegion): void {
    for (
      let front = region.queue[0];
      front !== undefined && front.state !== 'open';
      front = region.queue[0]
    ) {
      region.queue.shift();
      if (front.state === 'cancelled') continue;
      this.committed += 1;
      region.entries.push({ timestamp: this.committed, bytes: front.bytes });
    }
  }

  /** Closing cancels what is open. */
  cancelAll(): void {
    for (const region of this.regions) {
      for (const reserved of region.queue) if (reserved.state === 'open') reserved.state = 'cancelled';
      this.settle(region);
    }
  }
}

/** A slot that is open in the real stream, and its place in the model. */
interface OpenSlot {
  readonly region: ModelRegion;
  readonly slot: Slot;
  readonly reserved: Reserved;
}

/** The real stream, with what the commands need to go on. */
export class Real {
  stream: Stream;
  slots: OpenSlot[] = [];
  pending: Promise<unknown>[] = [];
  readonly place: Place;

  constructor(place: Place, stream: Stream) {
    this.place = place;
    this.stream = stream;
  }

  region(model: ModelRegion): Region {
    const region = this.stream.region(model.id);
    assert.ok(region !== undefined, `region ${model.id} is gone`);
    return region;
  }

  async reopen(): Promise<void> {
    const settled = Promise.allSettled(this.pending);
    this.pending = [];
    this.slots = [];
    await this.stream.close();
    for (const outcome of await settled) {
      if (outcome.status === 'rejected')
        assert.ok(isFailure(outcome.reason, ['VARVE_CLOSED']), String(outcome.reason));
    }
    this.stream = await this.place.open();
  }
}

/**
 * What would be left if the process died now: the file as it is, opened by somebody else. All that was persisted must be there;
 * what was only committed may be, from the front on.
 */
export async function compareAfterCrash(model: Model, real: Real): Promise<void> {
  const { path, kind } = real.place;
  if (path === undefined || kind === 'memory') return;
  const { persisted } = real.stream;
  const crash = `${path}.crash`;
  copyFileSync(path, crash);
  const seen: string[] = [];
  for (const readOnly of [true, false, true]) {
    const stream = await Stream.open(crash, { medium: kind, readOnly });
    try {
      assert.deepEqual(
        Array.from(stream.regions(), (region) => [region.id, region.name, region.size]),
        model.regions.map((region) => [region.id, region.name, region.size]),
      );
      for (const expected of model.regions) compareSurvivors(expected, stream.region(expected.id), persisted);
      assertWhole(model, stream);
      seen.push(JSON.stringify(Array.from(stream.entries(), (entry) => entry.timestamp)));
      if (!readOnly) assert.deepEqual((await stream.check()).problems, []);
    } finally {
      await stream.close();
    }
  }
  assert.deepEqual(new Set(seen).size, 1, 'recovering twice is recovering once');
  rmSync(crash);
}

/** Of each transaction everything survived, or nothing. */
function assertWhole(model: Model, stream: Stream): void {
  const fates = new Map<object, boolean>();
  for (const { id, entries } of model.regions) {
    const survivors = [...(stream.region(id) ?? [])].length;
    for (const [i, { transaction, timestamp }] of entries.entries()) {
      if (transaction === undefined) continue;
      const fate = fates.get(transaction) ?? i < survivors;
      assert.equal(i < survivors, fate, `entry ${timestamp} and the rest of its transaction`);
      fates.set(transaction, fate);
    }
  }
}

function compareSurvivors(expected: ModelRegion, region: Region | undefined, persisted: number): void {
  assert.ok(region !== undefined);
  const survivors = [...region].length;
  assert.ok(survivors >= expected.entries.filter((entry) => entry.timestamp <= persisted).length);
  compareEntries(expected.entries.slice(0, survivors), region);
}

/** The real stream is what the model says, whichever way one reads it. */
export function compare(model: Model, real: Real): void {
  const { stream } = real;
  assert.equal(stream.committed, model.committed);
  assert.ok(stream.persisted <= stream.committed);
  const regions = [...stream.regions()];
  assert.deepEqual(
    regions.map((region) => [region.id, region.name, region.size]),
    model.regions.map((region) => [region.id, region.name, region.size]),
  );
  for (const [index, region] of regions.entries())
    compareEntries(model.regions[index]?.entries ?? [], region);
  const merged = Array.from(stream.entries(), (entry) => entry.timestamp);
  const all = model.regions.flatMap((region) => region.entries.map((entry) => entry.timestamp));
  assert.deepEqual(
    merged,
    all.sort((a, b) => a - b),
  );
}

function compareEntries(expected: readonly ModelEntry[], region: Region): void {
  let index = 0;
  for (const entry of region) {
    const wanted = expected[index];
    assert.ok(wanted !== undefined, `region ${region.id} has an entry too many: ${entry.timestamp}`);
    assert.equal(entry.timestamp, wanted.timestamp);
    assert.ok(Buffer.compare(entry.data, wanted.bytes) === 0, `bytes of ${entry.timestamp}`);
    index += 1;
  }
  assert.equal(index, expected.length, `entries of region ${region.id}`);
}
