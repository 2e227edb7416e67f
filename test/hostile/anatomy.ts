import { crc32c } from '../../src/format/crc32c.js';
import { checksumAt, strideAt } from '../../src/format/entry.js';
import { FIRST_TABLE, NAME, PAGE, RECORD, RecordKind, STATE, TABLE_SLOT } from '../../src/format/layout.js';
import { regionSeed, streamSeed } from '../../src/format/seeds.js';
import { getU64 } from '../../src/format/words.js';
import { LAYOUT, reseal, resealHeader, store32 } from '../helpers/format.js';

/** A slot of the region table: both copies of its record, and its name. Offsets within the stream. */
export interface SlotPlace {
  readonly copies: readonly [number, number];
  readonly name: number;
}

/** A region as its record says. */
export interface RegionPlace {
  readonly id: number;
  readonly clears: number;
  readonly offset: number;
  readonly length: number;
  /** Within the region. */
  readonly tail: number;
  /** Where its entries begin, within the stream. */
  readonly entries: readonly number[];
}

/** Where everything lies in a sound stream. Offsets within the stream. */
export interface Anatomy {
  readonly blockSize: number;
  readonly dataStart: number;
  readonly headers: readonly number[];
  readonly states: readonly number[];
  readonly slots: readonly SlotPlace[];
  readonly regions: readonly RegionPlace[];
}

/** Takes a sound stream apart. */
export function dissect(image: Uint8Array): Anatomy {
  const words = wordsOf(image);
  const slots: SlotPlace[] = [];
  const regions: RegionPlace[] = [];
  const areas = [
    slotsAt(FIRST_TABLE.firstCopies, FIRST_TABLE.secondCopies, FIRST_TABLE.names, FIRST_TABLE.slots),
  ];
  for (const area of areas) {
    slots.push(...area);
    for (const slot of area) {
      const { kind, offset, length } = recordAt(words, newer(words, slot));
      const count = Math.floor(length / TABLE_SLOT);
      if (kind === RecordKind.table)
        areas.push(slotsAt(offset, offset + count * RECORD.size, offset + 2 * count * RECORD.size, count));
      if (kind === RecordKind.region) regions.push(regionAt(words, newer(words, slot)));
    }
  }
  return {
    blockSize: getU64(words, LAYOUT.header.blockSize / 4),
    dataStart: getU64(words, LAYOUT.header.dataStart / 4),
    headers: [0, PAGE],
    states: [STATE.at, PAGE + STATE.at],
    slots,
    regions,
  };
}

/** Makes all checksums fit again: of headers, states, records, names, and of the entries that were there at first. */
export function repair(image: Uint8Array, { headers, states, slots, regions }: Anatomy): void {
  const words = wordsOf(image);
  for (const header of headers) resealHeader(image, header);
  for (const state of states) reseal(image, state, STATE.size);
  const uuid = image.slice(LAYOUT.header.uuid, LAYOUT.header.uuid + 16);
  const seed = streamSeed(uuid);
  for (const { copies, name } of slots) {
    for (const copy of copies) {
      const length = Math.min(words[(copy + RECORD.nameLength) / 4] ?? 0, NAME);
      if (length > 0)
        store32(image, copy + RECORD.nameChecksum, crc32c(seed, image.subarray(name, name + length)));
      reseal(image, copy, RECORD.size);
    }
  }
  for (const { id, clears, offset, length, entries } of regions) {
    for (const entry of entries) sealEntry(image, entry, offset + length, regionSeed(uuid, id, clears));
  }
}

/** Gives the entry at `at` its checksum, if it ends before `end`. */
export function sealEntry(image: Uint8Array, at: number, end: number, seed: number): void {
  const words = wordsOf(image);
  if (at + 16 <= end && at + strideAt(words, at / 4) <= end)
    words[at / 4 + 1] = checksumAt(words, at / 4, seed);
}

/** The image as words, whose number of bytes is a multiple of four. */
export function wordsOf(image: Uint8Array): Uint32Array {
  return new Uint32Array(image.buffer, image.byteOffset, image.byteLength >>> 2);
}

function slotsAt(first: number, second: number, names: number, count: number): SlotPlace[] {
  return Array.from({ length: count }, (_, index) => ({
    copies: [first + index * RECORD.size, second + index * RECORD.size],
    name: names + index * NAME,
  }));
}

function newer(words: Uint32Array, { copies: [first, second] }: SlotPlace): number {
  const sequence = (copy: number) => getU64(words, (copy + RECORD.sequence) / 4);
  return sequence(first) >= sequence(second) ? first : second;
}

function recordAt(words: Uint32Array, at: number) {
  const word = (field: number) => (at + field) / 4;
  return {
    kind: words[word(RECORD.kind)],
    id: getU64(words, word(RECORD.id)),
    clears: words[word(RECORD.clears)] ?? 0,
    offset: getU64(words, word(RECORD.offset)),
    length: getU64(words, word(RECORD.length)),
    tail: getU64(words, word(RECORD.mark)),
  };
}

/** Its entries are those whose checksums are right. */
function regionAt(words: Uint32Array, record: number): RegionPlace {
  const { id, clears, offset, length, tail } = recordAt(words, record);
  const uuid = new Uint8Array(words.buffer, words.byteOffset + LAYOUT.header.uuid, 16);
  const seed = regionSeed(uuid, id, clears);
  const end = offset + length;
  const entries: number[] = [];
  for (
    let at = offset;
    at + 16 <= end && at + strideAt(words, at / 4) <= end;
    at += strideAt(words, at / 4)
  ) {
    if (words[at / 4 + 1] !== checksumAt(words, at / 4, seed)) break;
    entries.push(at);
  }
  return { id, clears, offset, length, tail, entries };
}
