import assert from 'node:assert/strict';
import type { Entry } from '../../src/index.js';

/** Bytes that follow from their seed, so that a reader can tell exactly what should be there. */
export function pattern(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

/** The bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** Texts of the entries, in the order in which they come. */
export function texts(entries: Iterable<Entry>): string[] {
  return Array.from(entries, (entry) => entry.text());
}

/** Timestamps of the entries, in the order in which they come. */
export function timestamps(entries: Iterable<Entry>): number[] {
  return Array.from(entries, (entry) => entry.timestamp);
}

/** Owned copies of the entries' bytes. */
export function payloads(entries: Iterable<Entry>): Uint8Array[] {
  return Array.from(entries, (entry) => entry.copy());
}

/** The entries are exactly these bytes, in this order. */
export function assertPayloads(entries: Iterable<Entry>, expected: readonly Uint8Array[]): void {
  let count = 0;
  for (const entry of entries) {
    const wanted = expected[count];
    assert.ok(wanted !== undefined, `an entry too many: number ${count}, timestamp ${entry.timestamp}`);
    assert.equal(entry.size, wanted.byteLength, `size of entry ${count}`);
    assert.ok(
      Buffer.compare(entry.data, wanted) === 0,
      `bytes of entry ${count}, timestamp ${entry.timestamp}`,
    );
    count += 1;
  }
  assert.equal(count, expected.length, 'number of entries');
}

/** Strictly rising, as timestamps along a region and through a stream must be. */
export function assertRising(values: readonly number[]): void {
  for (let index = 1; index < values.length; index += 1) {
    const [before, value] = [values[index - 1] ?? 0, values[index] ?? 0];
    assert.ok(before < value, `${value} comes after ${before}`);
  }
}

/** Lets everything run that waits for its turn on the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** 'pending' as long as the promise has not settled after some turns of the event loop, else how it settled. */
export async function stateOf(
  promise: Promise<unknown>,
  turns = 20,
): Promise<'pending' | 'fulfilled' | 'rejected'> {
  let state: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  promise.then(
    () => {
      state = 'fulfilled';
    },
    () => {
      state = 'rejected';
    },
  );
  for (let index = 0; index < turns && state === 'pending'; index += 1) await turn();
  return state;
}
