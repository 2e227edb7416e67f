import assert from 'node:assert/strict';
import type { Entry, Stream } from '../../src/index.js';
import { pattern } from './bytes.js';

/** The bytes of entry `number` of a run: they say who they are, and everything behind follows from that. */
export function ledgerBytes(run: number, number: number): Uint8Array {
  const size = 16 + (((number * 2_654_435_761) >>> 7) % (number % 31 === 0 ? 20_000 : 300));
  const bytes = pattern(size, run * 1_000_003 + number);
  const view = new DataView(bytes.buffer);
  view.setFloat64(0, run);
  view.setFloat64(8, number);
  return bytes;
}

/** What a killed writer has told, over all its runs. */
export class Ledger {
  /** Acknowledged and not cleared away: timestamp to who it was. */
  readonly #kept = new Map<number, { run: number; number: number; region: string }>();
  /** The greatest timestamp ever heard of. */
  greatest = 0;

  /** Reads the lines of one run; an unfinished last line does not count. */
  note(lines: readonly string[]): void {
    for (const line of lines) {
      const [first = '', second = '', third = '', region = ''] = line.split(' ');
      if (first === 'ready' || first === 'cleared') continue;
      if (first === 'clearing') this.#forget(second);
      else this.#acknowledged(Number(first), { run: Number(second), number: Number(third), region });
    }
  }

  get size(): number {
    return this.#kept.size;
  }

  #forget(region: string): void {
    for (const [timestamp, fact] of this.#kept) if (fact.region === region) this.#kept.delete(timestamp);
  }

  #acknowledged(timestamp: number, fact: { run: number; number: number; region: string }): void {
    assert.ok(!this.#kept.has(timestamp), `timestamp ${timestamp} was given out twice`);
    this.#kept.set(timestamp, fact);
    this.greatest = Math.max(this.greatest, timestamp);
  }

  /** Every acknowledged entry is there, exactly; every other one is whole. */
  verify(stream: Stream): void {
    const missing = new Set(this.#kept.keys());
    for (const region of stream.regions()) {
      let last = 0;
      for (const entry of region) {
        assert.ok(entry.timestamp > last, `${entry.timestamp} comes after ${last}`);
        last = entry.timestamp;
        this.#verifyEntry(entry);
        missing.delete(entry.timestamp);
      }
    }
    assert.deepEqual(
      [...missing].slice(0, 5),
      [],
      `${missing.size} of ${this.#kept.size} acknowledged entries are missing`,
    );
  }

  #verifyEntry(entry: Entry): void {
    const bytes = entry.copy();
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [run, number] = [view.getFloat64(0), view.getFloat64(8)];
    assert.ok(Buffer.compare(bytes, ledgerBytes(run, number)) === 0, `bytes of timestamp ${entry.timestamp}`);
    const fact = this.#kept.get(entry.timestamp);
    if (fact === undefined) return;
    assert.deepEqual(
      { run, number, region: entry.region.name },
      fact,
      `who has timestamp ${entry.timestamp}`,
    );
  }
}
