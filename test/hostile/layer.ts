import { loadAddon } from '../../src/base/native-loader.js';
import { ExportReader } from '../../src/cli/export-format.js';
import { decodeHeader } from '../../src/format/header.js';
import { ENTRY, HEADER, RECORD, STATE } from '../../src/format/layout.js';
import { decodeRecord } from '../../src/format/record.js';
import { decodeState } from '../../src/format/state.js';
import { sealEntries, type Walk, walkEntries } from '../../src/format/walk.js';
import type { Random } from '../../src/testing/random.js';
import { seededRandom } from '../../src/testing/random.js';
import { isFailure } from '../helpers/errors.js';

const SEED = 0x1234_5678;
const BYTES = 1024;
const GUARD = 64;
const words = new Uint32Array((BYTES + 2 * GUARD) / 4);
const bytes = new Uint8Array(words.buffer);
const inside = {
  words: words.subarray(GUARD / 4, (GUARD + BYTES) / 4),
  bytes: bytes.subarray(GUARD, GUARD + BYTES),
};
const before = new Uint8Array(bytes.length);
const addon = loadAddon();
const block = addon === undefined ? undefined : new Float64Array(addon.block);

/** Gives hostile bytes to everything of the format that takes bytes, and compares the addon with the reference. */
export function attemptLayer(seed: number): void {
  const random = seededRandom(seed);
  fill(random);
  before.set(bytes);
  decodeHeader(inside.bytes.subarray(0, HEADER.size));
  decodeState(inside.bytes.subarray(0, STATE.size), SEED);
  decodeRecord(inside.bytes.subarray(0, RECORD.size), SEED, random(2) * 8192);
  compareWalks(random);
  if (Buffer.compare(before, bytes) !== 0) throw new Error('reading has stored something');
  compareSeals(random);
  if (random(16) === 0) readExport(random);
}

/** A run of entries most of which are good, so that what follows is reached; then some harm. */
function fill(random: Random): void {
  for (let i = 0; i < words.length; i++) words[i] = random(8) === 0 ? random(2 ** 32) : 0;
  let timestamp = 1 + random(3);
  for (let at = 0; at + ENTRY.header <= BYTES; ) {
    const room = BYTES - at - ENTRY.header;
    const length = random(40) === 0 ? random(2 ** 32) : Math.min(room, random(4) * random(60));
    const form = random(6) === 0 ? random(4) : 0;
    store(at, length, timestamp, (form << 21) | (random(512) << 23));
    at += ENTRY.header + Math.ceil(length / 8) * 8 + (form === 1 ? 8 : 0);
    timestamp += random(30) === 0 ? random(2 ** 20) - 4 : 1;
  }
  sealAsFarAsItGoes();
  for (let harm = random(3); harm > 0; harm--) inside.bytes[random(BYTES)] = random(256);
}

function store(at: number, length: number, timestamp: number, high: number): void {
  const word = at / 4;
  inside.words[word] = length;
  inside.words[word + ENTRY.lowWord] = timestamp;
  inside.words[word + ENTRY.highWord] = high | (timestamp < 0 ? 0x1f_ffff : 0);
}

/** A forger's checksums fit. */
function sealAsFarAsItGoes(): void {
  for (let at = 0; at + ENTRY.header <= BYTES; ) {
    const end = at + strideIn(at);
    if (end > BYTES) return;
    sealEntries(inside.words, at, end, SEED);
    at = end;
  }
}

function strideIn(at: number): number {
  const [length = 0, , , high = 0] = inside.words.subarray(at / 4, at / 4 + 4);
  return ENTRY.header + Math.ceil(length / 8) * 8 + (((high >>> 21) & 3) === 1 ? 8 : 0);
}

function compareWalks(random: Random): void {
  const from = random(3) === 0 ? 8 * random(BYTES / 8) : 0;
  const to = random(3) === 0 ? from + random(BYTES - from + 1) : BYTES;
  const after = random(4);
  const below = random(4) === 0 ? random(60) : 2 ** 53 - 1;
  const walk = walkEntries(inside.words, from, to, SEED, after, below);
  if (walk.end < from || walk.end > Math.max(from, to))
    throw new Error(`a walk from ${from} to ${to} ended at ${walk.end}`);
  if (addon === undefined || block === undefined) return;
  addon.verifyBytes(inside.bytes, from, to, SEED, after, below);
  const [end = 0, timestamp = 0, entries = 0, certified = 0, first = 0, parts = 0] = block.subarray(8, 14);
  assertSame(walk, { end, timestamp, first, entries, parts, certified });
}

function assertSame(walk: Walk, other: Walk): void {
  for (const key of ['end', 'timestamp', 'first', 'entries', 'parts', 'certified'] as const) {
    if (walk[key] !== other[key])
      throw new Error(`${key} of a walk: ${walk[key]}, by the addon ${other[key]}`);
  }
}

/** Sealing is for entries that stand there for certain: of others the addon says that they do not, and touches nothing outside. */
function compareSeals(random: Random): void {
  if (addon === undefined) return;
  const to = 8 * random(BYTES / 8 + 1);
  const reference = sealed(to);
  try {
    addon.sealBytes(inside.bytes, 0, to, SEED);
    if (reference === undefined || Buffer.compare(reference, inside.bytes) !== 0)
      throw new Error(`sealed otherwise up to ${to}`);
  } catch (error) {
    if (reference !== undefined || !(error instanceof RangeError)) throw error;
  }
  const guards = [bytes.subarray(0, GUARD), bytes.subarray(GUARD + BYTES)];
  const kept = [before.subarray(0, GUARD), before.subarray(GUARD + BYTES)];
  if (guards.some((guard, i) => Buffer.compare(guard, kept[i] ?? guard) !== 0))
    throw new Error('stored outside');
}

/** What sealing up to `to` makes of the bytes; undefined if no entry ends there. */
function sealed(to: number): Uint8Array | undefined {
  let at = 0;
  while (at + ENTRY.header <= to) at += strideIn(at);
  if (at !== to) return undefined;
  const copy = inside.bytes.slice();
  sealEntries(new Uint32Array(copy.buffer), 0, to, SEED);
  return copy;
}

const LINES = [
  '{"varve":"export","version":1,"size":65536,"blockSize":64}',
  '{"region":1,"name":"a","size":4096}',
  '{"entry":1,"region":1,"size":5}',
  'hello',
  '{"end":{"entries":1,"bytes":5}}',
  '{"entry":2,"region":9,"size":9007199254740991}',
  '{"__proto__":{"entry":1}}',
  '{"end":null}',
  '[1]',
  'null',
  '[[[[[[[[',
  '{"varve":"export","version":2}',
  '{"entry":-1,"region":1,"size":1e400}',
];

/** Lines of an export in any order, in pieces of any size, with harm: records that are what they say, or VARVE_CORRUPT. */
function readExport(random: Random): void {
  const text = Array.from({ length: random(8) }, () => `${LINES[random(LINES.length)]}\n`).join('');
  const input = Buffer.from(text);
  for (let harm = random(3); harm > 0 && input.length > 0; harm--) input[random(input.length)] = random(256);
  let announced = 0;
  const announce = ({ size }: { size: number }): void => {
    announced = size;
  };
  const reader = new ExportReader(announce, (record, data) => {
    if ('entry' in record && (data.length !== record.size || record.size !== announced))
      throw new Error(`${data.length} bytes of ${record.size}`);
  });
  try {
    for (let at = 0; at < input.length; ) {
      const size = 1 + random(60);
      reader.push(input.subarray(at, at + size));
      at += size;
    }
    reader.end();
  } catch (error) {
    if (!isFailure(error, ['VARVE_CORRUPT'])) throw error;
  }
}
