import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Addon } from '../../src/base/addon.js';
import { addonProblem, loadAddon } from '../../src/base/native-loader.js';

/** A test of the addon; where there is none it is skipped, with the reason. */
export function addonTest(name: string, body: (addon: Addon, t: TestContext) => void | Promise<void>): void {
  test(name, async (t) => {
    const addon = loadAddon();
    if (addon === undefined) t.skip(addonProblem() ?? 'no addon');
    else await body(addon, t);
  });
}

/** A new file of `size` bytes, open for reading and writing, that is gone after the test. */
export function openScratch(t: TestContext, size: number): { readonly path: string; readonly fd: number } {
  const directory = mkdtempSync(join(tmpdir(), 'varve-native-'));
  const path = join(directory, 'scratch');
  const fd = openSync(path, 'wx+');
  ftruncateSync(fd, size);
  t.after(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  return { path, fd };
}

/** Bytes that look random and are the same in every run. */
export function noise(size: number, seed = 1): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
}

/** The CRC-32C register, bit by bit: nothing in common with the addon but the polynomial. */
export function slowCrc(register: number, bytes: Uint8Array): number {
  let value = register >>> 0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  }
  return value >>> 0;
}

/** An entry as a test describes it: `form` and `lag` as docs/format.md numbers them. */
export interface Sketch {
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly form?: number;
  readonly lag?: number;
}

/** Bytes that a sketched entry takes. */
export function extentOf({ payload, form = 0 }: Sketch): number {
  return 16 + Math.ceil(payload.byteLength / 8) * 8 + (form === 1 ? 8 : 0);
}

/** Writes entries one behind the other; `seed` undefined leaves their checksums out. Returns where the last one ends. */
export function write(
  bytes: Uint8Array,
  from: number,
  seed: number | undefined,
  sketches: readonly Sketch[],
): number {
  let position = from;
  for (const sketch of sketches) {
    const { timestamp, payload, form = 0, lag = 511 } = sketch;
    const view = new DataView(bytes.buffer, bytes.byteOffset + position);
    view.setUint32(0, payload.byteLength, true);
    view.setUint32(4, 0, true);
    view.setBigUint64(8, BigInt(timestamp) | (BigInt(form) << 53n) | (BigInt(lag) << 55n), true);
    bytes.set(payload, position + 16);
    if (seed !== undefined) view.setUint32(4, checksumOf(bytes.subarray(position), sketch, seed), true);
    position += extentOf(sketch);
  }
  return position;
}

function checksumOf(entry: Uint8Array, { payload, form = 0 }: Sketch, seed: number): number {
  const covered = form === 3 ? 0 : payload.byteLength;
  let register = slowCrc(seed, entry.subarray(16, 16 + covered));
  register = slowCrc(register, entry.subarray(0, 4));
  return slowCrc(register, entry.subarray(8, 16));
}

/** What `verifyBytes` found. */
export interface Found {
  readonly position: number;
  readonly timestamp: number;
  readonly entries: number;
  readonly certified: number;
}

/** Calls `verifyBytes` and reads its results. */
export function verify(
  addon: Addon,
  bytes: Uint8Array,
  seed: number,
  { from = 0, to = bytes.byteLength, after = 0, below = 2 ** 53 - 1 } = {},
): Found {
  addon.verifyBytes(bytes, from, to, seed, after, below);
  const [position = -1, timestamp = -1, entries = -1, certified = -1] = new Float64Array(
    addon.block,
  ).subarray(8, 12);
  return { position, timestamp, entries, certified };
}
