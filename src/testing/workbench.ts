import assert from 'node:assert/strict';
import type { Extent, Medium } from '../media/medium.js';

/** How the suite gets at the media it is to test. */
export interface MediumSource {
  /** Makes a new medium of at least `size` bytes. */
  create(size: number): Medium;
  /** Opens again what `closed` was before it was closed. Left out: nothing outlives the medium. */
  reopen?(closed: Medium): Medium;
}

/** A test of the suite: throws if a promise is broken. */
export type Check = (bench: Workbench) => void | Promise<void>;

/** Makes media for one test and closes them after it. */
export class Workbench {
  readonly #source: MediumSource;
  readonly #media: Medium[] = [];

  constructor(source: MediumSource) {
    this.#source = source;
  }

  /** True if there is a way to look at a medium again. */
  get reopens(): boolean {
    return this.#source.reopen !== undefined;
  }

  create(size: number): Medium {
    const medium = this.#keep(this.#source.create(size));
    medium.lock();
    return medium;
  }

  /** Closes the medium, which must hold a stream, and opens it again. */
  reopen(medium: Medium): Medium {
    if (medium.isNew) medium.publish();
    medium.close();
    assert.ok(this.#source.reopen, 'this check is only for media that can be opened again');
    const again = this.#keep(this.#source.reopen(medium));
    again.lock();
    return again;
  }

  closeAll(): void {
    for (const medium of this.#media) medium.close();
  }

  #keep(medium: Medium): Medium {
    this.#media.push(medium);
    return medium;
  }
}

/** A period that no size of a window or block divides. */
const PATTERN_PERIOD = 65_521;
const PATTERN_BYTES = Uint8Array.from(
  { length: PATTERN_PERIOD },
  (_, i) => 1 + ((Math.imul(i + 1, 0x9e3779b1) >>> 7) % 250),
);

/** Bytes from 1 to 250 that differ from place to place and from seed to seed. */
export function pattern(seed: number, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  for (let done = 0; done < bytes.length; ) {
    const at = (from + done + seed * 7919) % PATTERN_PERIOD;
    const part = PATTERN_BYTES.subarray(at, at + bytes.length - done);
    bytes.set(part, done);
    done += part.length;
  }
  return bytes;
}

/** Stores `bytes` at `position` as an entry is stored: in one window. */
export function store(extent: Extent, position: number, bytes: Uint8Array): void {
  const window = extent.write(position, bytes.length);
  assert.ok(
    window.start <= position && position + bytes.length <= window.end,
    'the window takes what was asked for',
  );
  window.bytes.set(bytes, position - window.start);
}

/** Stores the pattern over [from, to) in entries of `step` bytes, front to back. */
export function storePattern(extent: Extent, seed: number, from: number, to: number, step = 4096): void {
  for (let at = from; at < to; at += step) store(extent, at, pattern(seed, at, Math.min(at + step, to)));
}

/** Makes everything in [from, to) durable. */
export function persist(medium: Medium, extent: Extent, from: number, to: number): void {
  extent.flush(from, to);
  medium.drainSync();
}

/** The bytes of [from, to), through one window. */
export function load(extent: Extent, from: number, to: number, limit = to): Uint8Array {
  const window = extent.read(from, to - from, limit);
  assert.ok(window.start <= from && to <= window.end, 'the window holds what was asked for');
  return window.bytes.slice(from - window.start, to - window.start);
}

/** Asserts that [from, to) holds the pattern, however it is cut into windows. */
export function assertPattern(extent: Extent, seed: number, from: number, to: number, step = 4096): void {
  for (let at = from; at < to; at += step) {
    const end = Math.min(at + step, to);
    assertBytes(load(extent, at, end, to), pattern(seed, at, end), at);
  }
}

/** Asserts equality; the message names the first place that differs and not all of the bytes. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array, position: number): void {
  assert.equal(actual.length, expected.length);
  if (Buffer.compare(actual, expected) === 0) return;
  const index = actual.findIndex((byte, i) => byte !== expected[i]);
  assert.fail(`byte ${position + index} is ${actual[index]} and should be ${expected[index]}`);
}
