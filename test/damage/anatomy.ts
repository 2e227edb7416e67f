import assert from 'node:assert/strict';
import { LAYOUT } from '../helpers/format.js';

/** What was appended to regions, by their ids, as it must be read back: payloads by timestamp. */
export type Noted = Map<number, { name: string | undefined; entries: Map<number, Buffer> }>;

/** A link in the chain of a region: an entry, or a filler. Offsets count from the stream's first byte. */
export interface Link {
  readonly start: number;
  /** Behind the last byte that means something: padding and skipped bytes do not. */
  readonly end: number;
  /** Where the next one begins: without what is skipped, too, there is no entry. */
  readonly next: number;
  /** Undefined for a filler. */
  readonly entry: { readonly timestamp: number; readonly data: Buffer } | undefined;
  /** Everything up to this timestamp was durable, as the entry says; 0 if it says nothing. */
  readonly certifies: number;
}

/** An entry of a reference stream, and where it begins. */
export interface KnownEntry {
  readonly timestamp: number;
  readonly data: Buffer;
  readonly at: number;
}

/** A region of a reference stream. */
export interface KnownRegion {
  readonly id: number;
  readonly name: string | undefined;
  readonly offset: number;
  readonly size: number;
  readonly slot: Slot;
  /** Offset in the stream up to which it is certainly filled, as the newer one of the two copies says. */
  readonly mark: number;
  /** The same as each copy says. */
  readonly marks: readonly [number, number];
  readonly chain: readonly Link[];
  readonly entries: readonly KnownEntry[];
}

/** A whole stream to be damaged, and what is in it. */
export interface Reference {
  readonly name: string;
  readonly image: Buffer;
  /** False if it is what a crash left. */
  readonly closed: boolean;
  readonly regions: readonly KnownRegion[];
  /** All slots of the region table, also those that nothing uses. */
  readonly slots: readonly Slot[];
  readonly checkpoint: number;
}

/** Where a slot of the region table lies: the two copies of its record, and its name. */
export interface Slot {
  readonly copies: readonly [number, number];
  readonly nameAt: number;
}

const SLOT = 512;
const KIND = { region: 2, table: 3 };

/** Takes a stream apart, by a naive reading of docs/format.md: what it holds is known from elsewhere. */
export function anatomyOf(name: string, image: Buffer, noted: Noted, closed: boolean): Reference {
  const slots = [...slotsIn(image)];
  const used = slots.filter(({ copies }) => image.readUInt32LE(copies[0]) === KIND.region);
  const regions = used.map((slot) => regionIn(image, slot, noted));
  assert.deepEqual(
    regions.map(({ id }) => id).sort((a, b) => a - b),
    [...noted.keys()].sort((a, b) => a - b),
  );
  const checkpoint = number(image, LAYOUT.state.offset + LAYOUT.state.checkpoint);
  return { name, image, closed, regions, slots, checkpoint };
}

function* slotsIn(image: Buffer): Generator<Slot> {
  const { record, names } = LAYOUT;
  const areas: { count: number; first: number; second: number; names: number }[] = [
    { count: LAYOUT.records, first: record.offset, second: LAYOUT.page + record.offset, names: names.offset },
  ];
  for (let area = areas.shift(); area !== undefined; area = areas.shift()) {
    for (let i = 0; i < area.count; i++) {
      const copies = [area.first + i * record.size, area.second + i * record.size] as const;
      yield { copies, nameAt: area.names + i * names.size };
      if (image.readUInt32LE(copies[0]) !== KIND.table) continue;
      const first = number(image, copies[0] + record.place);
      const count = Math.floor(number(image, copies[0] + record.length) / SLOT);
      areas.push({
        count,
        first,
        second: first + count * record.size,
        names: first + 2 * count * record.size,
      });
    }
  }
}

function regionIn(image: Buffer, slot: Slot, noted: Noted): KnownRegion {
  const { record } = LAYOUT;
  const { copies } = slot;
  const id = number(image, copies[0] + record.id);
  const known = noted.get(id);
  assert.ok(known !== undefined, `region ${id} was never made`);
  const offset = number(image, copies[0] + record.place);
  const size = number(image, copies[0] + record.length);
  const marks = [number(image, copies[0] + record.mark), number(image, copies[1] + record.mark)] as const;
  const mark = offset + Math.max(...marks);
  const chain = chainIn(image, offset, mark, known.entries);
  const entries = chain.flatMap(({ entry, start }) => (entry === undefined ? [] : [{ ...entry, at: start }]));
  return { id, name: known.name, offset, size, slot, mark, marks, chain, entries };
}

/** The links up to the mark, and behind it up to the last known entry. */
function chainIn(image: Buffer, offset: number, mark: number, entries: ReadonlyMap<number, Buffer>): Link[] {
  const chain: Link[] = [];
  const left = new Map(entries);
  for (let start = offset; start < mark || left.size > 0; ) {
    const length = image.readUInt32LE(start);
    const high = image.readUInt32LE(start + 12);
    const form = (high >>> 21) & 3;
    const timestamp = image.readUInt32LE(start + 8) + (high & 0x1fffff) * 2 ** 32;
    const payload = LAYOUT.entryHeader + length;
    const next = start + Math.ceil(payload / 8) * 8 + (form === 1 ? 8 : 0);
    if (form === 3) {
      chain.push({ start, end: start + LAYOUT.entryHeader, next, entry: undefined, certifies: 0 });
    } else {
      const data = left.get(timestamp);
      const there = image.subarray(start + LAYOUT.entryHeader, start + payload);
      if (!data?.equals(there)) throw new Error(`the entry at ${start} is another one`);
      left.delete(timestamp);
      const certifies = Math.max(0, timestamp - 1 - lagOf(high >>> 23));
      chain.push({ start, end: start + payload, next, entry: { timestamp, data }, certifies });
    }
    start = next;
  }
  return chain;
}

function lagOf(code: number): number {
  if (code === 511) return Number.POSITIVE_INFINITY;
  const exponent = code >>> 4;
  return exponent === 0 ? code : (16 + (code & 15)) * 2 ** (exponent - 1);
}

function number(image: Buffer, at: number): number {
  return Number(image.readBigUInt64LE(at));
}
