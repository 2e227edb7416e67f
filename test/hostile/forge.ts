import { FORM_SHIFT, HEADER, LAG_SHIFT, RECORD, RecordKind, STATE } from '../../src/format/layout.js';
import { encodeRecord, unusedRecord } from '../../src/format/record.js';
import { regionSeed, streamSeed } from '../../src/format/seeds.js';
import type { Random } from '../../src/testing/random.js';
import { LAYOUT, store32, store64 } from '../helpers/format.js';
import { type Anatomy, type RegionPlace, repair, sealEntry } from './anatomy.js';

/** A sound stream, and where everything lies in it. */
export interface Base {
  readonly image: Uint8Array;
  readonly anatomy: Anatomy;
}

/** Changes an image; what it returns takes its place. */
type Act = (image: Uint8Array, base: Base, random: Random) => Uint8Array | undefined;

const HEADER_WORDS = [HEADER.streamSize, HEADER.blockSize, HEADER.dataStart, HEADER.created];
const HEADER_HALVES = [HEADER.version, HEADER.mayIgnore, HEADER.mayOnlyRead, HEADER.mustRefuse];
const STATE_WORDS = [STATE.sequence, STATE.limit, STATE.checkpoint, STATE.newest, STATE.streamSize];
const RECORD_WORDS = [
  RECORD.sequence,
  RECORD.id,
  RECORD.offset,
  RECORD.length,
  RECORD.birth,
  RECORD.mark,
  RECORD.markTimestamp,
  RECORD.markEntries,
  RECORD.place,
];
const RECORD_HALVES = [RECORD.kind, RECORD.clears, RECORD.nameLength];

/** An image that no varve has written: some changes to a sound one, most of them with checksums that fit. */
export function forge(base: Base, random: Random): Uint8Array {
  let image: Uint8Array = base.image.slice();
  const acts = [...STRUCTURED, ...STRUCTURED, ...RAW];
  let raw = false;
  for (let left = 1 + random(4); left > 0; left--) {
    const act = pick(acts, random);
    raw ||= RAW.includes(act);
    image = act(image, base, random) ?? image;
  }
  const fits = image.length >= base.image.length;
  if (fits && (!raw || random(2) === 0)) repair(image, base.anatomy);
  for (const act of LAST) image = random(4) === 0 ? (act(image, base, random) ?? image) : image;
  return image;
}

/** A number that may lie on one side or the other of some limit. */
function edge(size: number, random: Random): bigint {
  const known = [
    0,
    1,
    2,
    3,
    7,
    8,
    16,
    63,
    64,
    255,
    256,
    512,
    4095,
    4096,
    8192,
    12_288,
    12_352,
    size,
    size - 8,
    size + 64,
  ];
  const powers = [20n, 30n, 31n, 32n, 52n, 53n, 63n, 64n].map((power) => 2n ** power);
  const which = random(10);
  if (which < 4) return BigInt(pick(known, random));
  if (which < 7) return pick(powers, random) + BigInt(random(3) - 2 + (random(4) === 0 ? -random(5000) : 0));
  if (which < 9) return BigInt(random(size) & ~63);
  return BigInt(random(2 ** 32)) * BigInt(random(2 ** 32));
}

function header(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  changeFields(image, anatomy.headers, HEADER_WORDS, HEADER_HALVES, random);
}

function state(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  changeFields(image, anatomy.states, STATE_WORDS, [STATE.flags], random);
}

function record(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  // The first ones are in use.
  const slot = pick(anatomy.slots, (below) => Math.min(random(below), random(below), random(below)));
  changeFields(image, slot.copies, RECORD_WORDS, RECORD_HALVES, random);
}

function changeFields(
  image: Uint8Array,
  copies: readonly number[],
  words: readonly number[],
  halves: readonly number[],
  random: Random,
): void {
  const value = edge(image.length, random);
  const field = pick([...words, ...words, ...halves], random);
  const which = random(4);
  copies.forEach((copy, index) => {
    if (which === index) return;
    if (words.includes(field)) store64(image, copy + field, value);
    else store32(image, copy + field, Number(BigInt.asUintN(32, value)));
  });
}

/** One copy is as the other, or as that of another slot. */
function transplant(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  const [from, to] = [pick(anatomy.slots, random), pick(anatomy.slots, random)];
  const source = from.copies[random(2)] ?? 0;
  const target = to.copies[random(2)] ?? 0;
  image.copyWithin(target, source, source + RECORD.size);
  if (random(2) === 0) image.copyWithin(to.copies[1], to.copies[0], to.copies[0] + RECORD.size);
}

function name(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  const [from, to] = [pick(anatomy.slots, random), pick(anatomy.slots, random)];
  if (random(2) === 0) image.copyWithin(to.name, from.name, from.name + 256);
  else image.fill(128 + random(128), to.name, to.name + 1 + random(20));
}

/** Not every state is closed: recovery is to see forgeries too. */
function unclean(image: Uint8Array, { anatomy }: Base): undefined {
  for (const copy of anatomy.states) store32(image, copy + STATE.flags, 0);
}

function entry(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  const region = pick(anatomy.regions, random);
  const at = region.entries[random(region.entries.length)];
  if (at === undefined) return;
  if (random(2) === 0) store32(image, at, Number(BigInt.asUintN(32, edge(region.length, random))));
  else store64(image, at + 8, tag(edge(200, random), random));
}

/** A tagged timestamp of any form and lag. */
function tag(timestamp: bigint, random: Random): bigint {
  const form = BigInt(pick([0, 0, 1, 2, 3], random));
  const lag = BigInt(pick([0, 1, 15, 16, 32, 255, 510, 511, random(512)], random));
  return BigInt.asUintN(53, timestamp) | (form << BigInt(32 + FORM_SHIFT)) | (lag << BigInt(32 + LAG_SHIFT));
}

/** A run of entries that were never appended, with right checksums, some of them over the end of what they lie in. */
function chain(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  const region = pick(anatomy.regions, random);
  const end = region.offset + region.length;
  const seed = regionSeed(image.slice(LAYOUT.header.uuid, LAYOUT.header.uuid + 16), region.id, region.clears);
  let at = startOfChain(region, random);
  let timestamp = 1n + edge(100, random);
  for (let left = 1 + random(200); left > 0 && at + 16 <= end; left--) {
    const length = lengthOf(end - at - 16, random);
    store32(image, at, length);
    store64(image, at + 8, tag(timestamp, random));
    sealEntry(image, at, end, seed);
    at += 16 + Math.ceil(length / 8) * 8;
    timestamp += BigInt(random(20) === 0 ? random(5) - 3 : 1);
  }
}

function startOfChain({ offset, length, tail, entries }: RegionPlace, random: Random): number {
  const places = [offset, offset + tail, entries.at(-1) ?? offset, offset + (random(length) & ~7)];
  return pick(places, random);
}

function lengthOf(rest: number, random: Random): number {
  const which = random(30);
  if (which === 0) return Number(BigInt.asUintN(32, edge(rest, random)));
  if (which === 1) return Math.max(0, rest);
  return which < 20 ? 8 * random(4) : random(40);
}

/** A header at every word, each of them plausible: whoever searches behind a broken chain finds much to look at. */
function headers(image: Uint8Array, { anatomy }: Base, random: Random): undefined {
  const { offset, length, tail } = pick(anatomy.regions, random);
  const value = BigInt(1 + random(500));
  for (let at = offset + tail + 8 * random(4); at + 8 <= offset + length; at += 8) store64(image, at, value);
}

/** Records of further table extents and regions, anywhere in the data, also in one another. */
function table(image: Uint8Array, { anatomy, image: sound }: Base, random: Random): undefined {
  const seed = streamSeed(sound.subarray(LAYOUT.header.uuid, LAYOUT.header.uuid + 16));
  const { blockSize, dataStart } = anatomy;
  const blocks = Math.floor((image.length - dataStart) / blockSize);
  const some = Array.from({ length: 3 }, () => dataStart + random(blocks) * blockSize);
  const fake = () =>
    encodeRecord(
      {
        ...unusedRecord(),
        kind: pick([RecordKind.table, RecordKind.table, RecordKind.region], random),
        id: random(40),
        offset: pick(some, random),
        length: pick([blockSize, 512, 1024, 16_384, 32_768], random),
        birth: 1,
        sequence: 1 + random(4),
      },
      seed,
      0,
    );
  for (const at of some)
    for (let to = at; to + 128 <= Math.min(image.length, at + 1024); to += 128) image.set(fake(), to);
  for (const copy of pick(anatomy.slots.slice(0, 16), random).copies) image.set(fake(), copy);
}

function flip(image: Uint8Array, _base: Base, random: Random): undefined {
  const at = random(image.length);
  image[at] = (image[at] ?? 0) ^ (1 << random(8));
}

function splash(image: Uint8Array, _base: Base, random: Random): undefined {
  const at = random(image.length);
  for (let i = 0; i < 1 + random(40) && at + i < image.length; i++) image[at + i] = random(256);
}

function wipe(image: Uint8Array, _base: Base, random: Random): undefined {
  const unit = pick([64, 512, 4096], random);
  const at = random(Math.ceil(image.length / unit)) * unit;
  image.fill(pick([0, 0, 255], random), at, at + unit);
}

function copy(image: Uint8Array, _base: Base, random: Random): undefined {
  const unit = pick([8, 64, 128, 512, 4096], random);
  const [from, to] = [random(image.length) & ~7, random(image.length) & ~7];
  image.copyWithin(to, from, from + unit);
}

function cut(image: Uint8Array, _base: Base, random: Random): Uint8Array {
  return image.slice(0, random(3) === 0 ? random(image.length) : image.length - 8 * random(600));
}

function grow(image: Uint8Array, _base: Base, random: Random): Uint8Array {
  const larger = new Uint8Array(image.length + 8 * random(1000));
  larger.set(image);
  return larger;
}

const STRUCTURED: readonly Act[] = [
  header,
  state,
  state,
  record,
  record,
  transplant,
  name,
  unclean,
  entry,
  chain,
  headers,
  table,
];
const RAW: readonly Act[] = [flip, splash, wipe, copy];
const LAST: readonly Act[] = [cut, grow, flip];

function pick<T>(items: readonly T[], random: Random): T {
  return items[random(items.length)] as T;
}
