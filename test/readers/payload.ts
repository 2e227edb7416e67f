import assert from 'node:assert/strict';
import { pattern } from '../helpers/bytes.js';

/** What an entry says of itself: every byte of it follows from this. */
export interface Origin {
  readonly region: number;
  /** How often the region had been cleared. */
  readonly life: number;
  /** Counted over all entries of the test. */
  readonly sequence: number;
}

/** A payload of about `size` bytes. */
export function payloadOf({ region, life, sequence }: Origin, size: number): Uint8Array {
  const head = Buffer.from(`${region}.${life}.${sequence}.${size};`);
  return Buffer.concat([head, pattern(size, sequence)]);
}

/** What a payload says of itself. Fails if any byte of it is not as it was written. */
export function originOf(bytes: Uint8Array, where: string): Origin {
  const end = bytes.indexOf(0x3b);
  const head = Buffer.from(bytes.subarray(0, end)).toString('latin1');
  const [region, life, sequence, size] = head.split('.').map(Number);
  assert.ok(
    region !== undefined && life !== undefined && sequence !== undefined && size !== undefined,
    `${where}: not an entry of this test: ${Buffer.from(bytes.subarray(0, 40)).toString('hex')}`,
  );
  const origin = { region, life, sequence };
  const same = Buffer.compare(payloadOf(origin, size), bytes) === 0;
  assert.ok(same, `${where}: torn or stale bytes in entry ${sequence} of region ${region}, life ${life}`);
  return origin;
}
